"""Writes the pages of the schema from a database that is made for it and thrown away."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from infra.local.schema_pages.dump import dump
from infra.local.schema_pages.picture import ROOT, picture
from infra.local.servers.services import embedded_services
from infra.queries import Database


def pages(database: Database) -> Iterator[tuple[Path, str]]:
    yield ROOT / "docs/schema.sql", dump(database)
    yield ROOT / "docs/schema.md", picture(database)


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as directory,
        embedded_services(Path(directory)) as services,
        psycopg.connect(services.admin_url, autocommit=True) as database,
    ):
        for path, text in pages(database):
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.name}  {len(text.encode()):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
