"""The needs of a function, read from its imports without running it: modules of shared/, and pinned packages.

Imports inside functions count like those at the top. Imports under `if TYPE_CHECKING:` do not count, unless there is an
`else`: then they name what is imported at first use.
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
SERVER = ("functions-framework", "uvicorn", "uvloop", "httptools")
"""Packages that start the function; its code imports only the framework."""
IMPLIED = {("pydantic", "EmailStr"): "email-validator"}
"""Names that import another package when they are used."""
_PIN = re.compile(r"^(?P<name>[\w.-]+)==", re.MULTILINE)


class UnknownPackageError(Exception):
    """An import that no package of requirements/runtime.in brings."""


class Needs(NamedTuple):
    """`files` are paths relative to the repository, `packages` distributions of requirements/runtime.txt.

    An alias also needs the files of the function that it stands for.
    """

    files: tuple[str, ...]
    packages: tuple[str, ...]


class _Import(NamedTuple):
    module: str
    name: str


def needs(name: str) -> Needs:
    """Return the needs of the function in that folder.

    Raises:
        UnknownPackageError: the code imports what a deployed function would not have.
    """
    main = ROOT / "functions" / name / "main.py"
    aliased = _files_of(target) if (target := _alias_target(main.read_text(encoding="utf-8"))) else set()
    imports = set(_imports_of({*main.parent.rglob("*.py"), *(path for path in aliased if path.suffix == ".py")}))
    modules: set[Path] = set()
    waiting = list(imports)
    while waiting:
        reached = set(_modules(waiting.pop())) - modules
        modules |= reached
        new = set(_imports_of(reached)) - imports
        imports |= new
        waiting += new
    files = modules.union(aliased, *map(_data_files, {module.parent for module in modules}))
    paths = (path.relative_to(ROOT).as_posix() for path in files)
    return Needs(tuple(sorted(paths)), tuple(sorted(_closure({*SERVER, *_distributions(imports)}))))


def pins(packages: Iterable[str]) -> str:
    """Return the lines of requirements/runtime.txt, with markers and hashes, for these packages."""
    return "".join(_pinned()[name] for name in sorted(packages))


def _alias_target(main: str) -> str | None:
    """Return the folder that `alias(…, of=…)` names in a main.py."""
    for node in ast.walk(ast.parse(main)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "alias":
            return next(str(ast.literal_eval(argument.value)) for argument in node.keywords if argument.arg == "of")
    return None


def _files_of(function: str) -> set[Path]:
    folder = ROOT / "functions" / function
    return {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def _imports_of(paths: Iterable[Path]) -> Iterator[_Import]:
    for path in sorted(paths):
        yield from _imports(path.relative_to(ROOT).parent.parts, path.read_text(encoding="utf-8"))


@cache
def _imports(package: tuple[str, ...], text: str) -> frozenset[_Import]:
    imports: set[_Import] = set()
    for node in _executed(ast.parse(text)):
        if isinstance(node, ast.Import):
            imports |= {_Import(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*parents, *filter(None, [node.module])))
            imports |= {_Import(module, alias.name) for alias in node.names}
    return frozenset(imports)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the node and everything below it, except the blocks that only a type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not _is_for_types_alone(child):
            yield from _executed(child)


def _is_for_types_alone(node: ast.AST) -> bool:
    if not isinstance(node, ast.If) or node.orelse:
        return False
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _modules(imported: _Import) -> Iterator[Path]:
    """Yield the files of shared/ that the import runs: the module, the module of its name, and their packages."""
    parts = imported.module.split(".")
    if parts[0] != "shared":
        return
    modules = [ROOT.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    if imported.name:
        modules.append(ROOT.joinpath(*parts, imported.name))
    files = (file for module in modules for file in (module.with_suffix(".py"), module / "__init__.py"))
    yield from (file for file in files if file.exists())


def _data_files(folder: Path) -> set[Path]:
    """Return files beside modules that are neither code nor documentation."""
    return {path for path in folder.iterdir() if path.is_file() and path.suffix not in {".py", ".pyc", ".md"}}


def _distributions(imports: Iterable[_Import]) -> Iterator[str]:
    known = packages_distributions()
    for imported in imports:
        top = imported.module.split(".")[0]
        if top in {"shared", "functions"} or top in sys.stdlib_module_names:
            continue
        distributions = {canonicalize_name(name) for name in known.get(top, ())} & set(_pinned())
        if not distributions:
            raise UnknownPackageError(
                f"{imported.module} is imported, but no package of requirements/runtime.in has it"
            )
        yield from distributions
        if (imported.module, imported.name) in IMPLIED:
            yield IMPLIED[imported.module, imported.name]


def _closure(packages: set[str]) -> set[str]:
    """Return the packages and all that they require, for every platform of the pins."""
    closed: set[str] = set()
    waiting = list(packages)
    while waiting:
        name = waiting.pop()
        if name not in closed:
            closed.add(name)
            waiting += [required for required in _requires(name) if required in _pinned()]
    return closed


def _requires(name: str) -> Iterator[str]:
    try:
        declared = requires(name) or []
    except ModuleNotFoundError:  # pinned for another platform
        return
    for requirement in map(Requirement, declared):
        extras = _extras().get(canonicalize_name(name), set())
        optional = requirement.marker is not None and "extra" in str(requirement.marker)
        if not optional or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):  # type: ignore[union-attr]
            yield canonicalize_name(requirement.name)


@cache
def _extras() -> dict[str, set[str]]:
    lines = (ROOT / "requirements/runtime.in").read_text(encoding="utf-8").splitlines()
    direct = (Requirement(line) for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(requirement.name): requirement.extras for requirement in direct}


@cache
def _pinned() -> dict[str, str]:
    text = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    starts = [*_PIN.finditer(text)]
    ends = [*(start.start() for start in starts[1:]), len(text)]
    pins: dict[str, str] = {}
    for pin, end in zip(starts, ends, strict=True):
        name = canonicalize_name(pin["name"])  # listed twice if Python versions need different ones
        pins[name] = pins.get(name, "") + text[pin.start() : end]
    return pins
