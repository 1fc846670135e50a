"""`python -m infra.package NAME`: write build/NAME/, a folder that runs by itself under functions-framework.

It holds the function's files, the modules of shared/ that they import, and a pinned requirements.txt. Beside it,
build/NAME.sha256 is the folder's hash, which changes only when the function must be deployed again. `--carrying PATH`
names the functions whose folder holds a file: a change of the file deploys them.
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
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


class Package(NamedTuple):
    name: str
    path: str
    sha256: str
    changed: bool
    """Whether an earlier run left a different folder, or none."""
    files: tuple[str, ...]
    packages: tuple[str, ...]


def package(name: str, *, build: Path = BUILD) -> Package:
    """Write the function's folder in place of what an earlier run left there.

    Raises:
        UnknownPackageError: the code imports what a deployed function would not have.
    """
    needed = needs(name)
    folder, mark = build / name, build / f"{name}.sha256"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(FUNCTIONS / name, folder, ignore=_IGNORED)
    for file in needed.files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, folder / file)
    (folder / "requirements.txt").write_text(pins(needed.packages), encoding="utf-8")
    sha256 = _hash_of(folder)
    changed = not mark.exists() or mark.read_text(encoding="utf-8").strip() != sha256
    mark.write_text(sha256 + "\n", encoding="utf-8")
    return Package(name, str(folder), sha256, changed, needed.files, needed.packages)


def carriers(file: str) -> list[str]:
    """Return the functions whose folder holds the file; its path is relative to the repository."""
    return [name for name in sorted(names()) if file.startswith(f"functions/{name}/") or file in needs(name).files]


def _hash_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def main(
    functions: Annotated[list[str] | None, typer.Argument(help="Folders of functions/, as agent_auth.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every function there is.")] = False,
    carrying: Annotated[str | None, typer.Option(help="Only name the functions that carry this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array at the end, for programs.")] = False,
) -> None:
    """Write folders below build/ that run by themselves: functions-framework --target handler."""
    if carrying is not None:
        _print_carriers(carrying, as_json=as_json)
        return
    chosen = _chosen(functions or [], every=every)
    packages = []
    for number, name in enumerate(chosen, 1):
        packages.append(package(name))
        if not as_json:
            typer.echo(f"[{number}/{len(chosen)}] {_line(packages[-1])}")
    if as_json:
        typer.echo(json.dumps([made._asdict() for made in packages], indent=2))


def _print_carriers(file: str, *, as_json: bool) -> None:
    if not (ROOT / file).is_file():
        raise typer.BadParameter(f"there is no file {file} in the repository")
    found = carriers(file)
    typer.echo(json.dumps(found, indent=2) if as_json else "\n".join([*found, f"{len(found)} of {len(names())}"]))


def _chosen(functions: list[str], *, every: bool) -> list[str]:
    chosen = sorted(names()) if every else [_folder_name(function) for function in functions]
    if not chosen:
        raise typer.BadParameter("name a function, or say --all")
    if unknown := sorted(set(chosen) - names()):
        raise typer.BadParameter(f"there is no function {', '.join(unknown)}; there are {', '.join(sorted(names()))}")
    return chosen


def _folder_name(function: str) -> str:
    return function.strip("/").rpartition("/")[2].replace("-", "_")


def _line(made: Package) -> str:
    state = "changed: deploy it" if made.changed else "unchanged"
    shape = f"{len(made.files)} files, {len(made.packages)} packages"
    return f"{Path(made.path).relative_to(ROOT)}  {shape}  {made.sha256[:12]}  {state}"


if __name__ == "__main__":
    typer.run(main)
