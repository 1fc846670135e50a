"""Writes every generated document; with --check it only lists those that are out of date."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from functions.discovery.document_response import FOLDER
from infra import functions
from infra.documents import addresses, areas, oauth, openapi, reference, rest, server_card, texts
from infra.lint import style
from infra.lint.source import sources

FUNCTIONS_PAGE = texts.DOCS / "functions.md"


def documents() -> Iterator[tuple[Path, str]]:
    """Yield each file and its content; the page of functions comes first, since llms-full.txt repeats it."""
    specs = list(functions.specs())
    yield FUNCTIONS_PAGE, reference.reference(specs)
    yield areas.PAGE, areas.page(specs)
    yield rest.PAGE, rest.page()
    yield FOLDER / "openapi.json", _json(openapi.openapi(specs))
    yield FOLDER / "mcp.json", _json(server_card.mcp())
    yield FOLDER / "server-card.json", _json(server_card.card())
    yield FOLDER / "resource.json", _json(oauth.resource(addresses.BASE))
    yield FOLDER / "resource-mcp.json", _json(oauth.resource(addresses.MCP))
    yield FOLDER / "server.json", _json(oauth.server(addresses.BASE))
    yield FOLDER / "server-issuer.json", _json(oauth.server(addresses.ISSUER))
    yield FOLDER / "server-mcp.json", _json(oauth.server(addresses.MCP))
    yield FOLDER / "index.json", _json(texts.index())
    yield FOLDER / "index.html", texts.index_page()
    yield FOLDER / "llms.txt", texts.llms()
    yield FOLDER / "llms-full.txt", texts.llms_full()


def stale() -> Iterator[Path]:
    return (path for path, text in documents() if not path.exists() or path.read_text(encoding="utf-8") != text)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    if "--check" in sys.argv[1:]:
        old = [path.name for path in stale()]
        sys.stdout.write(f"not current: {', '.join(old)}; make docs writes them\n" if old else "all current\n")
        return 1 if old else 0
    for path, text in documents():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}  {len(text.encode()):,} bytes\n")
    style.PAGE.write_text(style.page(list(sources(style.ROOT))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
