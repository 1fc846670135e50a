"""The client CPU of a read of two statements: through `exchange`, through psycopg's pipeline, and one bare statement.

python -m bench.round_trip
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.local.servers.services import embedded_services
from shared.runtime.postgres.connection import Connection
from shared.runtime.postgres.statement import Statement

ENTER = "SELECT set_config('bench.claims', %(claims)s, true)", {"claims": "x" * 500}
READ = "SELECT n AS id, 'name ' || n AS name, now() AS at FROM generate_series(1, %(rows)s) AS n", {"rows": 25}
ROUNDS, CALLS = 7, 400


async def measure(admin_url: str) -> dict[str, float]:
    """Measure the microseconds of CPU for one call, as the median of interleaved rounds."""
    connection = await Connection.connect(admin_url, autocommit=True, prepare_threshold=0)

    async def exchange() -> None:
        await connection.exchange([Statement(*ENTER), Statement(*READ)], timeout_s=10)

    async def pipeline() -> None:
        async with connection.pipeline():
            entered, read = await connection.execute(*ENTER), await connection.execute(*READ)
        await entered.fetchone()
        await read.fetchall()

    async def bare() -> None:
        await (await connection.execute(*READ)).fetchall()

    ways = {"exchange, two statements": exchange, "psycopg pipeline, two": pipeline, "psycopg, one": bare}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            taken[name].append(await _cpu_us(way))
    await connection.close()
    return {name: statistics.median(times) for name, times in taken.items()}


async def _cpu_us(way: Callable[[], Awaitable[None]]) -> float:
    await way()
    started = time.process_time()
    for _ in range(CALLS):
        await way()
    return (time.process_time() - started) / CALLS * 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, embedded_services(Path(directory)) as services:
        taken = asyncio.run(measure(services.admin_url))
    bare = taken["psycopg, one"]
    table = Table("way", "CPU µs", "against one bare statement")
    for name, cost in taken.items():
        table.add_row(name, f"{cost:.0f}", f"{cost / bare:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
