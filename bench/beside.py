"""`python -m bench.beside REVISION [NAME ...]`, also `make bench BESIDE=REVISION`: this tree against an older one.

Both trees run the benchmark in turn, one round each, so that what slows the machine for a while slows both.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from bench.figures import Figure
from infra.local.settings import REPOSITORY

TREES = REPOSITORY / "build" / "bench" / "trees"
GROUPS = ("get", "list", "tools-list", "create-order", "function-read", "rest", "agent-auth", "cold-start", "memory")
"""The groups whose figures stand alone after one round; `ingest`, `growth` and `walls` compare within a long one."""
WORST = 0.95
"""What a figure may be of that of the older tree, in a median of rounds."""
RATES = ("requests/s", "keys/s")
"""Units of which more is better."""


class MeasurementError(Exception):
    """Says why a tree could not be made or measured."""


def main(
    revision: Annotated[str, typer.Argument(help="The commit to compare with, such as a tag or a hash.")],
    names: Annotated[list[str] | None, typer.Argument(help=f"Groups; unless given: {' '.join(GROUPS)}.")] = None,
    *,
    rounds: Annotated[int, typer.Option(help="Of both trees in turn.", min=1)] = 5,
    seconds: Annotated[int, typer.Option(help="Of each measurement.", min=1)] = 2,
) -> None:
    """Measure this tree and an older one in turn, and show the ratio of each figure."""
    console = Console(stderr=True)
    chosen = names or list(GROUPS)
    try:
        trees = {"before": _checked_out(revision, console), "now": REPOSITORY}
        runs: dict[str, list[list[Figure]]] = {name: [] for name in trees}
        for number in range(1, rounds + 1):
            for name, tree in trees.items():
                console.print(f"round {number} of {rounds}: {name}", highlight=False)
                runs[name].append(_measured(tree, chosen, seconds))
    except MeasurementError as fault:
        console.print(f"[bold red]✗[/] {fault}")
        raise typer.Exit(1) from fault
    rows = compared(runs["before"], runs["now"])
    Console(width=max(console.width, 130)).print(_table(rows, revision))
    if any(median(ratios) < WORST for ratios in rows.values()):
        raise typer.Exit(1)


def compared(before: list[list[Figure]], now: list[list[Figure]]) -> dict[str, list[float]]:
    """Return, for each figure that both trees have, by how much it is better now in each round: 1.1 is 10 % better."""
    ratios: dict[str, list[float]] = {}
    for old, new in zip(before, now, strict=True):
        values = {figure.name: figure for figure in old}
        for figure in {figure.name: figure for figure in new}.values():
            if figure.name in values:
                ratio = figure.ours / values[figure.name].ours
                ratios.setdefault(figure.name, []).append(ratio if figure.unit in RATES else 1 / ratio)
    return ratios


def _checked_out(revision: str, console: Console) -> Path:
    """Check out the revision into a tree of its own and install what its benchmark needs."""
    commit = _output(["git", "rev-parse", "--short", f"{revision}^{{commit}}"], REPOSITORY).strip()
    tree = TREES / commit
    if not tree.exists():
        console.print(f"Checking out {commit} into {tree} ...", highlight=False)
        _output(["git", "clone", "-q", "--no-checkout", str(REPOSITORY), str(tree)], REPOSITORY)
        _output(["git", "checkout", "-q", commit], tree)
    console.print("Installing what it needs ...", highlight=False)
    _output(["make", ".venv/.local", ".venv-bench/.bench"], tree)
    return tree


def _measured(tree: Path, names: list[str], seconds: int) -> list[Figure]:
    """Run one quick round of the tree's own benchmark."""
    command = [".venv/bin/python", "-m", "bench", *names, "--quick", "--rounds", "1", "--seconds", str(seconds)]
    _output(command, tree)
    return msgspec.json.decode((tree / "bench/results" / f"{'-'.join(names)}.json").read_bytes(), type=list[Figure])


def _output(command: list[str], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MeasurementError(f"{' '.join(command)} in {cwd} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def _table(rows: dict[str, list[float]], revision: str) -> Table:
    made = Table(title=f"Now beside {revision}: above 1 is better", title_justify="left")
    made.add_column("figure")
    for heading in ("median", "least", "greatest"):
        made.add_column(heading, justify="right")
    for name, ratios in rows.items():
        style = "red" if median(ratios) < WORST else None
        made.add_row(name, *(f"{value:.3f}" for value in (median(ratios), min(ratios), max(ratios))), style=style)
    return made


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(main)

if __name__ == "__main__":
    sys.exit(app())
