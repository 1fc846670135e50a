"""`python -m infra.package NAME`: write build/NAME/, a folder that runs by itself under functions-framework.

It holds the function's files, the rooms of shared/ that they import, and pinned requirements.txt; beside it,
build/NAME.sha256 is the folder's hash, which changes only when the function must be deployed anew.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from infra.functions import FUNCTIONS, names
from infra.needs import ROOT, needs, pins

BUILD = ROOT / "build"
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


class Package(NamedTuple):
    name: str
    path: str
    sha256: str
    changed: bool
    """Against the folder that an earlier run left."""
    rooms: tuple[str, ...]
    packages: tuple[str, ...]


def package(name: str, *, build: Path = BUILD) -> Package:
    """Write the function's folder; what an earlier run left there is replaced.

    Raises:
        UnknownPackageError: the code imports what a deployed function would not have.
    """
    found = needs(name)
    folder, mark = build / name, build / f"{name}.sha256"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(FUNCTIONS / name, folder, ignore=_LEFT_OUT)
    for room in found.rooms:
        shutil.copytree(ROOT / room, folder / room, ignore=_LEFT_OUT)
        for parent in Path(room).parents:
            if (ROOT / parent / "__init__.py").exists():
                shutil.copy(ROOT / parent / "__init__.py", folder / parent)
    (folder / "requirements.txt").write_text(pins(found.packages), encoding="utf-8")
    sha256 = _hash_of(folder)
    changed = not mark.exists() or mark.read_text(encoding="utf-8").strip() != sha256
    mark.write_text(sha256 + "\n", encoding="utf-8")
    return Package(name, str(folder), sha256, changed, found.rooms, found.packages)


def _hash_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def main(
    functions: Annotated[list[str] | None, typer.Argument(help="Folders of functions/, as agent_auth.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every function there is.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array at the end, for programs.")] = False,
) -> None:
    """Make folders under build/ that run by themselves: functions-framework --target handler."""
    chosen = sorted(names()) if every else [_folder_name(named) for named in functions or []]
    if not chosen:
        raise typer.BadParameter("name a function, or say --all")
    if unknown := sorted(set(chosen) - set(names())):
        raise typer.BadParameter(f"there is no function {', '.join(unknown)}; there are {', '.join(sorted(names()))}")
    made = []
    for number, name in enumerate(chosen, 1):
        made.append(package(name))
        if not as_json:
            typer.echo(f"[{number}/{len(chosen)}] {_told(made[-1])}")
    if as_json:
        typer.echo(json.dumps([each._asdict() for each in made], indent=2))


def _folder_name(named: str) -> str:
    return named.strip("/").rpartition("/")[2].replace("-", "_")


def _told(made: Package) -> str:
    state = "changed: deploy it" if made.changed else "unchanged"
    shape = f"{len(made.rooms)} rooms, {len(made.packages)} packages"
    return f"{Path(made.path).relative_to(ROOT)}  {shape}  {made.sha256[:12]}  {state}"


if __name__ == "__main__":
    typer.run(main)
