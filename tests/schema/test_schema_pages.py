"""docs/schema.sql and docs/schema.md are those of the migrated schema."""

import psycopg
import pytest

from infra.local.schema_pages.__main__ import pages
from infra.local.schema_pages.picture import ROOT


@pytest.fixture
def written(own_database, owner_database):
    """Return what `make docs` would write now."""
    with psycopg.connect(own_database.admin_url, autocommit=True) as database:
        return {path.name: (path, text) for path, text in pages(database)}


@pytest.mark.parametrize("name", ["schema.sql", "schema.md"])
def test_a_page_of_the_schema_is_current(written, name):
    path, text = written[name]
    assert path.read_text(encoding="utf-8") == text, "run `make docs`"


def test_the_picture_shows_the_tables_in_their_rooms(written):
    _, text = written["schema.md"]
    _, without_room = text.split("## Of no room")
    names = [line.split("`")[1] for line in without_room.splitlines() if line.startswith("- ")]
    assert names == ["app.schema_migrations", "app.schema_routines"]
    assert text.count("\n- `orders`: ") == 1
    assert '  orders ||--o{ order_items : "order_id"\n' in text


def test_the_dump_shows_what_a_reader_asks_of_a_table():
    text = (ROOT / "docs/schema.sql").read_text(encoding="utf-8")
    _, table = text.split("create table public.labels (\n")
    table, _ = table.split("\n\n", 1)
    for said in ("primary key", "unique", "foreign key", "force row level security", "create policy", "grant insert ("):
        assert said in table.lower()
