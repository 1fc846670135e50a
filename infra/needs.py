"""What a function needs, read from its imports without running it: rooms of shared/, and pinned packages.

Whole rooms are taken, because a room is what a reviewer reads and what a change touches; packages only for the modules
that the function reaches, so that a room may hold one that few use. Imports inside functions count like those above.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
GROUPS = frozenset({"domain", "platform", "providers"})
"""Folders of shared/ that hold rooms and are none."""
SERVER = ("functions-framework", "uvicorn", "uvloop", "httptools")
"""What starts the function; its code imports none of it but the framework."""
IMPLIED = {("pydantic", "EmailStr"): "email-validator"}
"""Names that import another package when they are used."""
_PIN = re.compile(r"^(?P<name>[\w.-]+)==", re.MULTILINE)


class UnknownPackageError(Exception):
    """An import that no package of requirements/runtime.in brings."""


class Needs(NamedTuple):
    """`rooms` are folders relative to the repository, `packages` the distributions of requirements/runtime.txt."""

    rooms: tuple[str, ...]
    packages: tuple[str, ...]


class _Import(NamedTuple):
    module: str
    name: str


def needs(name: str) -> Needs:
    """Of the function in that folder.

    Raises:
        UnknownPackageError: the code imports what a deployed function would not have.
    """
    imports = set(_imports_of((ROOT / "functions" / name).rglob("*.py")))
    modules: set[Path] = set()
    waiting = list(imports)
    while waiting:
        reached = set(_modules(waiting.pop())) - modules
        modules |= reached
        found = set(_imports_of(reached)) - imports
        imports |= found
        waiting += found
    rooms = {_room(path) for path in modules} - {None}
    return Needs(tuple(sorted(filter(None, rooms))), tuple(sorted(_closure({*SERVER, *_distributions(imports)}))))


def pins(packages: Iterable[str]) -> str:
    """The lines of requirements/runtime.txt, with markers and hashes, for these packages."""
    return "".join(_pinned()[name] for name in sorted(packages))


def _imports_of(paths: Iterable[Path]) -> Iterator[_Import]:
    for path in sorted(paths):
        package = path.relative_to(ROOT).parent.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (_Import(each.name, "") for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                parents = package[: len(package) - node.level + 1] if node.level else ()
                module = ".".join((*parents, *filter(None, [node.module])))
                yield from (_Import(module, each.name) for each in node.names)


def _modules(imported: _Import) -> Iterator[Path]:
    """The files of shared/ that the import runs: the module, the one that its name may be, and their packages."""
    parts = imported.module.split(".")
    if parts[0] != "shared":
        return
    for depth in range(2, len(parts) + 1):
        place = ROOT.joinpath(*parts[:depth])
        yield from (each for each in (place.with_suffix(".py"), place / "__init__.py") if each.exists())
    named = ROOT.joinpath(*parts, imported.name)
    yield from (each for each in (named.with_suffix(".py"), named / "__init__.py") if imported.name and each.exists())


def _room(module: Path) -> str | None:
    parts = module.relative_to(ROOT).parts
    depth = 3 if parts[1] in GROUPS else 2
    return "/".join(parts[:depth]) if len(parts) > depth else None


def _distributions(imports: Iterable[_Import]) -> Iterator[str]:
    known = packages_distributions()
    for imported in imports:
        top = imported.module.split(".")[0]
        if top in {"shared", "functions"} or top in sys.stdlib_module_names:
            continue
        found = {canonicalize_name(each) for each in known.get(top, ())} & set(_pinned())
        if not found:
            raise UnknownPackageError(
                f"{imported.module} is imported, but no package of requirements/runtime.in has it"
            )
        yield from found
        if (imported.module, imported.name) in IMPLIED:
            yield IMPLIED[imported.module, imported.name]


def _closure(packages: set[str]) -> set[str]:
    """The packages and all that they stand on, for every platform that the pins know."""
    found: set[str] = set()
    waiting = list(packages)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each for each in _requires(name) if each in _pinned()]
    return found


def _requires(name: str) -> Iterator[str]:
    try:
        told = requires(name) or []
    except ModuleNotFoundError:  # pinned for another platform than this one
        return
    for requirement in map(Requirement, told):
        extras = _extras().get(canonicalize_name(name), set())
        optional = requirement.marker is not None and "extra" in str(requirement.marker)
        if not optional or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):  # type: ignore[union-attr]
            yield canonicalize_name(requirement.name)


@cache
def _extras() -> dict[str, set[str]]:
    lines = (ROOT / "requirements/runtime.in").read_text(encoding="utf-8").splitlines()
    asked = (Requirement(line) for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(each.name): each.extras for each in asked}


@cache
def _pinned() -> dict[str, str]:
    text = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    starts = [*_PIN.finditer(text)]
    ends = [*(each.start() for each in starts[1:]), len(text)]
    return {canonicalize_name(each["name"]): text[each.start() : end] for each, end in zip(starts, ends, strict=True)}
