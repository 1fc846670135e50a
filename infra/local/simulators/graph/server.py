"""The running simulator: in the caller's event loop, on loopback."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn

from infra.local.process import LOOPBACK

from .app import make_app
from .delivery import Courier
from .world import World


class _Server(uvicorn.Server):
    """uvicorn without signal handling, which the program does."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Simulator:
    """A world, its API and its courier on one address."""

    def __init__(self, *, port: int, webhook_url: str, app_secret: str) -> None:
        self.base_url = f"http://{LOOPBACK}:{port}"
        self.port = port
        self.world = World()
        self.courier = Courier(self.world, url=webhook_url, app_secret=app_secret)
        self._app = make_app(self.world, self.courier, base_url=self.base_url, app_secret=app_secret)

    @contextlib.asynccontextmanager
    async def serving(self, *, delivers: bool = True) -> AsyncIterator[None]:
        """Serve until the block ends; without `delivers` updates wait for `courier.deliver`."""
        config = uvicorn.Config(
            self._app, log_config=None, log_level="critical", access_log=False, timeout_graceful_shutdown=1
        )
        server = _Server(config)
        with contextlib.closing(_listen(self.port)) as listener:
            tasks = [asyncio.create_task(server.serve(sockets=[listener]))]
            tasks += [asyncio.create_task(self.courier.run())] if delivers else []
            try:
                await server.ready.wait()
                yield
            finally:
                server.should_exit = True
                for courier in tasks[1:]:
                    courier.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    listener.listen()
    return listener
