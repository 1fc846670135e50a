"""The time of one operation: `python -m bench.profile NAME`, with a name of OPERATIONS or `imports`.

Prints the functions that use the processor (py-spy) and the statements that use the database's time
(pg_stat_statements); the whole call tree is in build/bench/profile-<name>.svg. `imports` prints the cost of imports.
"""

import re
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import dataset, machine, queries, throughput, traffic
from bench.dataset import BUILD, Data
from bench.groups import Room, targets
from bench.servers import PEERS
from infra.local.settings import REPOSITORY

OPERATIONS = {
    "get": throughput.GET,
    "list": throughput.LIST,
    "tools-list": throughput.TOOLS,
    "create-order": throughput.ORDER,
    "function-read": throughput.READ,
}
MOST = 25


def main(name: Annotated[str, typer.Argument()], *, seconds: int = 6, quick: bool = True) -> None:
    """Measure our side of one comparison under load with a profiler."""
    if name == "imports":
        for function in ("mcp_server", "agent_auth"):
            _imports(function)
        return
    comparison = OPERATIONS[name]
    ours = next(iter(comparison.requests))
    with dataset.loaded(dataset.QUICK if quick else dataset.FULL, Console(stderr=True).print) as data:
        crowd = traffic.crowd(data, dataset.RUN)
        room = Room(data, crowd, crowd, 1, seconds, lambda: None)
        with targets(room, {ours.name: (ours, comparison.requests[ours](crowd.many))}) as found:
            target = found[ours.name]
            target.warm()
            _watch_statements(data)
            stacks = BUILD / f"profile-{name}.txt"
            watching = threading.Thread(target=_record, args=(target.at.process.pid, stacks, seconds))
            watching.start()
            busy = _processors(target.at.process.pid, data)
            measured = target.run(seconds + 1)
            watching.join()
            print(f"{ours.name}: {measured.per_second:.0f} a second, p50 {measured.p50_ms:.2f} ms")
            for part, used_s in _processors(target.at.process.pid, data).items():
                print(f"{(used_s - busy[part]) / measured.requests * 1e3:.3f} ms of a processor a request: {part}")
            _print_functions(stacks)
            _print_statements(data, measured.requests)


def _processors(server: int, data: Data) -> dict[str, float]:
    with data.connect() as connection:
        return {
            "the server": machine.processor_s(server),
            "Postgres": machine.processor_s(queries.find_postmaster(connection)),
        }


def _record(pid: int, path: Path, seconds: int) -> None:
    for form, output in (("raw", path), ("flamegraph", path.with_suffix(".svg"))):
        subprocess.run(
            [str(PEERS / "py-spy"), "record", "-p", str(pid), "-d", str(max(1, seconds // 2)), "-r", "250",
             "-f", form, "-o", str(output)],
            capture_output=True,
            check=True,
        )  # fmt: skip


def _print_functions(path: Path) -> None:
    """Print the share of samples that each function of ours or of a library is part of."""
    within: Counter[str] = Counter()
    total = 0
    for line in path.read_text().splitlines():
        stack, _, samples = line.rpartition(" ")
        total += int(samples)
        for frame in {re.sub(r":\d+\)$", ")", frame) for frame in stack.split(";")}:
            within[frame] += int(samples)
    for frame, among in within.most_common(MOST * 3):
        print(f"{among / total:6.1%}  {frame}")


def _watch_statements(data: Data) -> None:
    with data.connect() as connection:
        queries.watch_statements(connection)


def _print_statements(data: Data, requests: int) -> None:
    with data.connect() as connection:
        for calls, total_ms, mean_ms, sql in queries.list_statements(connection, most=MOST):
            print(
                f"{calls / requests:5.2f} a request  {mean_ms:7.3f} ms  {total_ms / requests:7.3f} ms a request  {sql}"
            )


def _imports(function: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import functions.{function}.main"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [line.removeprefix("import time:").split("|") for line in answer.stderr.splitlines() if "|" in line][1:]
    print(f"{function}: cumulative milliseconds")
    for _, cumulative, module in sorted(rows, key=lambda row: -int(row[1]))[:MOST]:
        print(f"{int(cumulative) / 1000:8.1f}  {module.rstrip()}")


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(main)

if __name__ == "__main__":
    app()
