"""The benchmark's command: `python -m bench [NAME ...] [--quick]`, also `make bench` and `nexus bench`."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import (
    dataset,
    exchange,
    growth,
    ingest,
    load,
    machine,
    report,
    servers,
    starts,
    tables,
    throughput,
    traffic,
    walls,
)
from bench.figures import Figure
from bench.groups import Group, Room
from infra.local.errors import LauncherError
from infra.migrate import MigrationError

LOADING_S = {True: 45, False: 75}
"""Seconds to make the data the first time, quick or not; later a copy is enough."""
COPYING_S = 6


@dataclass(frozen=True)
class Part:
    """A group of figures: its measurement, the measurements of each round, and the time of everything else."""

    measure: Group
    each_round: int
    overhead_s: float
    at_least_s: float = 0
    least_rounds: int = 0
    once: bool = False

    def steps(self, rounds: int) -> int:
        return self.each_round * (1 if self.once else max(rounds, self.least_rounds))

    def seconds(self, rounds: int, seconds: float) -> float:
        return self.overhead_s + self.steps(rounds) * max(seconds + 0.2, self.at_least_s)


def _tables(room: Room) -> list[Figure]:
    compared = [figure for comparison in tables.comparisons(room) for figure in throughput.measure(comparison, room)]
    return [*compared, tables.first_answer(room)]


PARTS = {
    "get": Part(lambda room: throughput.measure(throughput.GET, room), 4, 11),
    "list": Part(lambda room: throughput.measure(throughput.LIST, room), 4, 11),
    "tools-list": Part(lambda room: throughput.measure(throughput.TOOLS, room), 3, 9),
    "create-order": Part(lambda room: throughput.measure(throughput.ORDER, room), 3, 6),
    "function-read": Part(lambda room: throughput.measure(throughput.READ, room), 4, 9),
    "rest": Part(_tables, 10, 20),
    "agent-auth": Part(exchange.measure, 3, 3, at_least_s=2.4),
    "ingest": Part(ingest.measure, 2, 100),
    "cold-start": Part(starts.cold, 5, 0, at_least_s=0.6, least_rounds=5),
    "memory": Part(starts.memory, 2, 3, once=True),
    "growth": Part(growth.reading, 6, 8),
    "search": Part(growth.searching, 2, 3),
    "neighbour": Part(growth.neighbour, 2, 3, at_least_s=3.4),
    "walls": Part(walls.measure, len(walls.NOISES), 40, at_least_s=2 * walls.FULL_S, once=True),
}


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Of: {', '.join(PARTS)}. All of them unless given.")
    ] = None,
    *,
    quick: Annotated[bool, typer.Option(help="Fewer tenants, two short rounds: every figure, less certainty.")] = False,
    rounds: Annotated[int, typer.Option(help="Of each comparison; 0 chooses 5, or 2 when quick.", min=0)] = 0,
    seconds: Annotated[int, typer.Option(help="Of each measurement; 0 chooses 4, or 1 when quick.", min=0)] = 0,
) -> None:
    """Measure Nexus beside its peers and limits, on this machine, in one run."""
    console = Console(stderr=True)
    chosen = {name: PARTS[name] for name in _known(names, console)}
    rounds, seconds = rounds or (2 if quick else 5), seconds or (1 if quick else 4)
    _announce(console, chosen, rounds, seconds, quick=quick)
    # Servers and the database end with this process, for whatever reason it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    try:
        figures = _measure(console, chosen, rounds, seconds, quick=quick)
    except (LauncherError, MigrationError) as error:
        console.print(f"[bold red]✗[/] {error}")
        raise typer.Exit(1) from error
    whole = len(chosen) == len(PARTS)
    results = report.Results(_about(rounds, seconds, time.monotonic() - began, quick=quick), figures)
    path = report.save(results, stem="latest" if whole else "-".join(chosen))
    if whole and not quick:
        report.write_document(results)
    Console(width=max(console.width, 150)).print(report.table(figures))
    console.print(f"{path} and its .svg; {time.monotonic() - began:.0f} s", highlight=False)


def _known(names: list[str] | None, console: Console) -> list[str]:
    unknown = sorted(set(names or ()) - set(PARTS))
    if unknown:
        console.print(f"There is no {', '.join(unknown)}. There are: {', '.join(PARTS)}.")
        raise typer.Exit(2)
    if not (servers.PEERS / "python").exists():
        console.print("The peers are not installed: run `make bench`, which does that.")
        raise typer.Exit(1)
    return names or list(PARTS)


def _announce(console: Console, chosen: dict[str, Part], rounds: int, seconds: int, *, quick: bool) -> None:
    needed = COPYING_S + sum(part.seconds(rounds, seconds) for part in chosen.values())
    console.print(
        f"{len(chosen)} groups, {rounds} rounds of {seconds} s, {load.generator()}, {machine.described()}.\n"
        f"About {needed / 60:.1f} minutes; when the data are not there yet, {LOADING_S[quick]} s more. "
        "Let the machine do nothing else meanwhile.",
        highlight=False,
    )


def _measure(console: Console, chosen: dict[str, Part], rounds: int, seconds: int, *, quick: bool) -> list[Figure]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    figures: list[Figure] = []
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=sum(part.steps(rounds) for part in chosen.values()))

        def say(what: str) -> None:
            progress.update(task, description=what)
            if not console.is_terminal:
                console.print(what, highlight=False)

        with dataset.loaded(dataset.QUICK if quick else dataset.FULL, say) as data:
            room = Room(
                data=data,
                crowd=traffic.crowd(data, dataset.RUN),
                few=traffic.crowd(data, dataset.SMALL),
                rounds=rounds,
                seconds=seconds,
                step=lambda: progress.advance(task),
            )
            for name, part in chosen.items():
                say(name)
                figures += part.measure(room)
    return figures


def _about(rounds: int, seconds: int, took: float, *, quick: bool) -> dict[str, str]:
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "revision": revision.stdout.strip() or "unknown",
        "machine": machine.described(),
        "load": load.generator(),
        "rounds": f"{rounds} of {seconds} s" + (", quick" if quick else ""),
        "took": f"{took:.0f} s",
    }


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(main)

if __name__ == "__main__":
    app()
