"""Lints that need all rooms: contracts see every room, every table has one owner, an alias names a function."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from .source import Finding, Source

OWNS = re.compile(r"\bowns\b(.*?)(?:;|\.\s|\.$|$)", re.DOTALL | re.IGNORECASE)
ROUTINES = re.compile(r"^Routines in (infra/schema/[a-z]+/[a-z_]+): ([a-z_,\s]+)\.$", re.MULTILINE)
FILLERS = frozenset({"and", "the", "view", "views", "table", "tables", "no", "nothing", "reads", "itself"})
WRITES = re.compile(
    r"(?:insert\s+into|delete\s+from|(?<!do\s)(?<!for\s)\bupdate)\s+(?:only\s+)?(?:\w+\.)?(?!set\b)(\w+)", re.IGNORECASE
)


def rooms_are_packages(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find folders of shared/ without an `__init__.py`, into which the import contracts do not look."""
    paths = {source.path for source in sources}
    folders = {
        parent
        for source in sources
        if source.under("shared") and source.is_python
        for parent in source.path.parents
        if parent.is_relative_to("shared")
    }
    for folder in sorted(folders):
        if folder / "__init__.py" not in paths:
            yield Finding(folder, 1, "no __init__.py: the import contracts would not see this room")


def migrations_are_named_once(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find two migrations of one set with the same number or time."""
    seen: dict[object, PurePosixPath] = {}
    for path in sorted(source.path for source in sources):
        if path.is_relative_to("infra/migrations") and path.suffix == ".sql":
            first = seen.setdefault((path.parent, path.name.partition("_")[0]), path)
            if first != path:
                yield Finding(path, 1, f"{first} has this number already")


def tables_have_one_owner(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find tables with two owners, and writes by a room that does not own the table.

    A room's `__init__.py` names its tables; a folder within the room may write them too.
    """
    owned = {source.path.parent: tables_owned(source) for source in sources if _is_room(source)}
    owners: dict[str, PurePosixPath] = {}
    for room, tables in sorted(owned.items()):
        for table in sorted(tables):
            if owners.setdefault(table, room) != room:
                yield Finding(
                    room / "__init__.py", 1, f"{table} is also owned by {owners[table]}: a table has one owner"
                )
    for source in sources:
        if source.path.name == "queries.py" and source.path.parent in owned:
            own = frozenset().union(*(owned.get(room, frozenset()) for room in source.path.parents))
            yield from _foreign_writes(source, own, owners)


def routines_have_one_owner(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find routines that no room names, or that a room names without a file; a folder has one owner."""
    owners: dict[str, tuple[PurePosixPath, frozenset[str]]] = {}
    for source in filter(_is_room, sources):
        for folder, names in ROUTINES.findall(ast.get_docstring(source.tree) or ""):
            owner, _ = owners.setdefault(folder, (source.path, frozenset(re.findall(r"[a-z_]+", names))))
            if owner != source.path:
                yield source.finding(1, f"{folder} is named by {owner} too: a routine has one owner")
    files: dict[str, set[str]] = {}
    for source in sources:
        if source.under("infra/schema") and source.path.suffix == ".sql":
            files.setdefault(str(source.path.parent), set()).add(source.path.stem)
    for folder in sorted(files.keys() | owners.keys()):
        owner, named = owners.get(folder, (PurePosixPath(folder), frozenset[str]()))
        for name in sorted(named ^ files.get(folder, set())):
            yield Finding(owner, 1, f"{folder}/{name}.sql: the file exists if and only if its room names the routine")


def aliases_name_functions(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find an alias of what is no function, or an alias too: it is the one import from function to function."""
    targets = {source.path: alias for source in sources if _is_main(source) if (alias := _alias_of(source))}
    for path, alias in targets.items():
        target = ast.literal_eval(alias.keywords[0].value) if alias.keywords else ""
        main = PurePosixPath("functions") / str(target) / "main.py"
        if main in targets or main not in {source.path for source in sources}:
            yield Finding(path, alias.lineno, f"{main} is no function that can have another name")


def tables_owned(source: Source) -> frozenset[str]:
    """Return the tables that a room's docstring names after "Owns", up to the next semicolon or full stop."""
    match = OWNS.search(ast.get_docstring(source.tree) or "")
    words = re.findall(r"[a-z_]+", match[1]) if match else []
    return frozenset(words) - FILLERS


def _is_main(source: Source) -> bool:
    return source.under("functions") and source.path.name == "main.py"


def _alias_of(source: Source) -> ast.Call | None:
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    return next((call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "alias"), None)


def _foreign_writes(source: Source, own: frozenset[str], owners: dict[str, PurePosixPath]) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for table in WRITES.findall(node.value):
                if table.lower() in owners and table.lower() not in own:
                    owner = owners[table.lower()]
                    yield source.finding(node, f"{table} belongs to {owner}: call that room's service to change it")


def _is_room(source: Source) -> bool:
    return source.under("shared") and source.path.name == "__init__.py"
