"""A load generator of our own, for machines without wrk, and for a fixed rate.

Usage: python -m bench.client FILE PORT SECONDS CONNECTIONS RATE COUNTER. RATE 0 sends as fast as answers come. At a
fixed rate, latency counts from the moment a request was due, so that a server that falls behind cannot hide it.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench.records import COUNTER, read


@dataclass
class Tally:
    latencies: list[float] = field(default_factory=list)
    errors: int = 0


async def main(requests: Iterator[bytes], port: int, *, seconds: float, connections: int, rate: float) -> None:
    tally = Tally()
    started = time.perf_counter()
    moments = (started + number / rate for number in range(int(rate * seconds))) if rate else None
    workers = (_work(port, requests, tally, started + seconds, moments) for _ in range(connections))
    await asyncio.gather(*workers)
    took = max(time.perf_counter() - started, seconds if rate else 0)
    print(
        json.dumps(
            {
                "requests": len(tally.latencies),
                "seconds": took,
                "errors": tally.errors,
                "p50_ms": percentile(tally.latencies, 50) * 1e3,
                "p99_ms": percentile(tally.latencies, 99) * 1e3,
            }
        )
    )


def counted(requests: list[bytes], counter: int) -> Iterator[bytes]:
    """Yield the requests in turn, and fill a new number into the counter of each."""
    counter_text = COUNTER.encode()
    for number, raw in enumerate(itertools.cycle(requests), start=counter):
        yield raw.replace(counter_text, b"%012d" % number, 1)


def percentile(values: list[float], wanted: float) -> float:
    """Return the smallest value that so many percent do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * wanted // 100).__int__() - 1)] if ordered else 0.0


async def _work(
    port: int, requests: Iterator[bytes], tally: Tally, end: float, moments: Iterator[float] | None
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (due := next(moments, None) if moments else time.perf_counter()) is not None and due < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if reader.at_eof():  # The server closes idle connections.
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(next(requests))
        status = await _answer(reader)
        tally.latencies.append(time.perf_counter() - due)
        tally.errors += status >= 400
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read the whole answer and return its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or 0))
    return int(head[9:12])


if __name__ == "__main__":
    path, port, seconds, connections, rate, counter = sys.argv[1:]
    requests = counted(read(Path(path)), int(counter))
    uvloop.run(main(requests, int(port), seconds=float(seconds), connections=int(connections), rate=float(rate)))
