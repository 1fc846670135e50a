"""What is launched here reads its own settings, not those of the gateway that other tests run against."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
import uvloop
from uvicorn._types import ASGI3Application

from infra.local.servers.connections import bounded
from infra.local.servers.transports import Backlog

LAUNCHED = frozenset(
    f"test_{name}.py"
    for name in (
        "doctor", "local_files", "migrate", "postgres_letters", "schedule", "seed", "services", "simulators", "up",
    )
)  # fmt: skip


@pytest.fixture(autouse=True)
def environment_of_a_fresh_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name in LAUNCHED:
        for name in [name for name in os.environ if name.startswith("NEXUS_")]:
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def serve(base_url: str) -> Iterator[Callable[..., int]]:
    """Provide `serve(app)`: the port of a server with the gateway's connections, on a loop as the gateway's."""
    with contextlib.ExitStack() as closing:

        def served(
            app: ASGI3Application,
            *,
            write_timeout_s: float = 0.4,
            keeps_bytes: int | None = None,
            backlog: Backlog | None = None,
        ) -> int:
            http = bounded(read_timeout_s=1, write_timeout_s=write_timeout_s, connections_of_one=1000, backlog=backlog)
            config = uvicorn.Config(app, log_config=None, lifespan="off", http=http, ws="none")
            config.timeout_graceful_shutdown = 1
            listener = closing.enter_context(socket.create_server(("127.0.0.1", 0)))
            if keeps_bytes:  # In the kernel, for each connection; otherwise some megabytes.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, keeps_bytes)
            closing.enter_context(_running(uvicorn.Server(config), listener))
            port: int = listener.getsockname()[1]
            return port

        yield served


@pytest.fixture(scope="module")
def log() -> list[Any]:
    """Return what the app of a module's server writes down of each request."""
    return []


@pytest.fixture
def asked(log: list[Any]) -> list[Any]:
    """Return the log, emptied for this test."""
    log.clear()
    return log


@contextlib.contextmanager
def _running(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    def run() -> None:
        loop = uvloop.new_event_loop()
        loop.run_until_complete(server.serve(sockets=[listener]))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join()
