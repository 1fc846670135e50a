"""The gateway in this process, beside the upkeep of database and store and the schedule of cron functions."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from infra.local import schedule
from infra.local.demo import simulator
from infra.local.servers.connections import bounded
from infra.local.servers.logs import rotate
from infra.local.servers.services import Parts
from infra.local.settings import LocalSettings
from infra.local.simulators.graph.server import Simulator

HEARTBEAT_S = 0.5
ROTATE_S = 10
DRAIN_S = 5
logger = logging.getLogger(__name__)


class Gateway(uvicorn.Server):
    """uvicorn with our own signal handling: its own ends the process before the database has been stopped."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


def serve(
    parts: Parts, listener: socket.socket, *, base_url: str, meta: Simulator | None, on_started: Callable[[], None]
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; then give running requests a few seconds."""
    chosen = LocalSettings()
    config = uvicorn.Config(
        "infra.local.gateway:app",
        http=bounded(
            read_timeout_s=chosen.head_timeout_s,
            write_timeout_s=chosen.write_timeout_s,
            connections_of_one=chosen.connections_of_one,
        ),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # NEXUS_TRUSTED_PROXIES decides which address counts.
        timeout_graceful_shutdown=DRAIN_S,
        timeout_keep_alive=75,
    )
    gateway = Gateway(config, on_started)
    beside = [_keep_alive(parts), _rotate(parts.directory / "logs"), schedule.tick(base_url, parts.secrets.secret_key)]
    beside += [simulator.run(meta, parts.directory)] if meta else []
    work = _serve(gateway, listener, beside)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


async def _serve(gateway: Gateway, listener: socket.socket, beside: list[Coroutine[Any, Any, None]]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, lambda: setattr(gateway, "should_exit", True))
    tasks = [loop.create_task(work) for work in beside]
    try:
        await gateway.serve(sockets=[listener])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _rotate(logs: Path) -> None:
    while True:
        await asyncio.sleep(ROTATE_S)
        rotate(logs)


async def _keep_alive(parts: Parts) -> None:
    """Start a database or store again after it died; at the end, wait for a start under way."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        try:
            revived = await asyncio.to_thread(parts.revive)
        except Exception:
            logger.warning("an embedded server died and does not start", exc_info=True)
        else:
            for name in revived:
                logger.warning("%s died and was started again", name)
