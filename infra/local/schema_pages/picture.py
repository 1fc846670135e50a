"""The tables by room, with their references: a page of pictures for newcomers."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from infra.lint.rooms import tables_owned
from infra.lint.source import Source
from infra.local.schema_pages import queries
from infra.local.schema_pages.queries import Reference, Table
from infra.queries import Database

ROOT = Path(__file__).parents[3]
HEAD = """\
# The tables, by room

Made by `make docs` from a migrated database. [schema.sql](schema.sql) has every column, constraint, policy and grant;
[ARCHITECTURE.md](../ARCHITECTURE.md) says what a room is.

How to read a picture: `orders ||--o{ order_items : order_id` means that a row of `order_items` names its order in
`order_id`; `|o` instead of `||` means that the column may be empty. Every table of a tenant also refers to
`organizations`, which is left out here.
"""


def picture(database: Database) -> str:
    queries.fix_names(database)
    tables = {table.name.removeprefix("public."): table for table in queries.list_tables(database)}
    references = queries.list_references(database)
    rooms = _rooms(tables)
    parts = [HEAD, *(_room(room, names, tables, references) for room, names in rooms.items())]
    owned = {name for names in rooms.values() for name in names}
    rest = [name for name in tables if name not in owned]
    parts.append("\n".join(["## Of no room", "", *_list(rest, tables), ""]))
    return "\n".join(parts)


def _rooms(tables: Iterable[str]) -> dict[str, list[str]]:
    """Return each room that owns tables; a room names those of the schemas auth and storage with or without it."""
    full_names = {name.rpartition(".")[2]: name for name in sorted(tables, key=lambda name: "." not in name)}
    found = {}
    for path in sorted((ROOT / "shared").rglob("__init__.py")):
        source = Source(PurePosixPath(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        if names := sorted({full_names[word] for word in tables_owned(source) if word in full_names}):
            found[str(source.path.parent)] = names
    return found


def _room(room: str, names: list[str], tables: dict[str, Table], references: Iterable[Reference]) -> str:
    lines = [f"## {room}", "", "```mermaid", "erDiagram"]
    lines += [f"  {_entity(name)}" for name in names]
    for reference in references:
        source, target = (name.removeprefix("public.") for name in (reference.source, reference.target))
        if source in names:
            one = "||" if reference.is_required else "|o"
            lines.append(f'  {_entity(target)} {one}--o{{ {_entity(source)} : "{reference.columns}"')
    return "\n".join([*lines, "```", "", *_list(names, tables), ""])


def _list(names: Iterable[str], tables: dict[str, Table]) -> Iterator[str]:
    for name in names:
        comment = tables[name].comment
        yield f"- `{name}`: {comment}" if comment else f"- `{name}`"


def _entity(name: str) -> str:
    """Return the name as mermaid takes it."""
    return f'"{name}"' if "." in name else name
