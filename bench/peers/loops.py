"""Limits without a server: bcrypt on every core, and orders inserted as fast as the driver can.

Usage: python -m bench.peers.loops (bcrypt|insert) SECONDS. Prints how many a second.
"""

import asyncio
import os
import sys
import threading
import time
from typing import Any

import bcrypt

from . import queries, settings

WRITERS = 16


def check_hashes(seconds: float) -> float:
    """Check hashes at the cost of agent keys, one thread a core."""
    hashed = bcrypt.hashpw(b"nxs_ak_" + b"x" * 48, bcrypt.gensalt(10))
    done: list[int] = []
    end = time.perf_counter() + seconds

    def work() -> None:
        count = 0
        while time.perf_counter() < end:
            bcrypt.checkpw(b"nxs_ak_" + b"x" * 48, hashed)
            count += 1
        done.append(count)

    threads = [threading.Thread(target=work) for _ in range(os.cpu_count() or 1)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - started)


async def insert_orders(seconds: float) -> float:
    """Insert orders of three lines, each in one durable transaction, without an application.

    There are as many writers as the load has connections, each in an organization of its own.
    """
    import psycopg  # noqa: PLC0415  the bcrypt loop needs none

    order, line, writer = (
        queries.pyformat(statement) for statement in (queries.INSERT_ORDER, queries.INSERT_LINE, queries.FIND_WRITER)
    )
    values: dict[str, Any] = {
        "currency": "EGP",
        "total_amount": 300,
        "notes": None,
        "payment_mode": "COD",
    }
    sku = {"item_id": None, "sku": "SKU-1", "name": "Item", "barcode": None, "qty": 1, "unit_price": 100}
    end = time.perf_counter() + seconds

    async def write(position: int) -> int:
        count = 0
        async with await psycopg.AsyncConnection.connect(settings.database_url(), autocommit=True) as connection:
            found = await (await connection.execute(writer, {"position": position})).fetchone()
            who = dict(zip(("organization_id", "customer_id"), found or (), strict=True))
            while time.perf_counter() < end:
                async with connection.transaction():
                    made = await (await connection.execute(order, values | who)).fetchone()
                    lines = [{**sku, "order_id": made[0] if made else None}] * 3
                    await connection.cursor().executemany(line, lines)
                count += 1
        return count

    started = time.perf_counter()
    counts = await asyncio.gather(*(write(position) for position in range(WRITERS)))
    return sum(counts) / (time.perf_counter() - started)


if __name__ == "__main__":
    name, given = sys.argv[1:]
    print(check_hashes(float(given)) if name == "bcrypt" else asyncio.run(insert_orders(float(given))))
