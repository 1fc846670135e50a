"""Meta in a test: the simulator, scripted, with what it was asked and what it tells the app."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from infra.local.simulators.graph import customers
from infra.local.simulators.graph.delivery import Manner
from infra.local.simulators.graph.faults import Fault
from infra.local.simulators.graph.records import Account, Line, Received, Template
from infra.local.simulators.graph.server import Simulator
from shared.auth.webhooks import sign_meta

APP_SECRET = "test-app-secret"
OTHER_APP_SECRET = "second-app-secret"
VERIFY_TOKEN = "test-verify-token"


@contextmanager
def serving(simulator: Simulator) -> Iterator[Simulator]:
    """Yield the simulator in a thread with an event loop of its own, until the block ends."""
    started, ended = threading.Event(), threading.Event()

    async def serve() -> None:
        async with simulator.serving(delivers=False):
            started.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(10), "the simulator did not start"
    yield simulator
    ended.set()
    thread.join()


class Graph:
    """What a test does with Meta. Updates wait until `deliver`; nothing is told by itself."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.world = simulator.world
        self.courier = simulator.courier
        self.url = simulator.base_url
        self._began = len(self.world.received)

    def number(self, **of: Any) -> Account:
        """Return a WhatsApp number with an approved template `order_update` (ar) that takes a name and an order."""
        account = self.world.add_account("whatsapp", **of)
        body = "مرحبا {{1}}، طلبك {{2}} في الطريق"
        self.world.add_template(account, Template("order_update", "ar", "UTILITY", [{"type": "BODY", "text": body}]))
        return account

    def page(self, **of: Any) -> Account:
        return self.world.add_account("facebook", **of)

    def instagram(self, **of: Any) -> Account:
        return self.world.add_account("instagram", **of)

    def fail(self, name: str, *, times: int = 1, account: Account | None = None, **of: Any) -> None:
        """Let the next calls go wrong: see infra.local.simulators.graph.faults."""
        self.world.faults.add(Fault(name, times, account.id if account else None, **of))

    def write(self, account: Account, customer_id: str, content: Any, **of: Any) -> Line:
        """Write as a customer; the app receives it at the next `deliver`."""
        return customers.write(self.world, account, customer_id, content, **of)

    def send_file(self, account: Account, customer_id: str, content: bytes, mime_type: str, **of: Any) -> Line:
        return customers.send_file(
            self.world, account, customer_id, content, mime_type=mime_type, base_url=self.url, **of
        )

    def read(self, account: Account, customer_id: str) -> int:
        return customers.read(self.world, account, customer_id)

    def react(self, account: Account, customer_id: str, message_id: str, emoji: str | None) -> Line:
        return customers.react(self.world, account, customer_id, message_id, emoji)

    def write_in_app(self, account: Account, customer_id: str, text: str) -> Line:
        return customers.write_in_app(self.world, account, customer_id, text)

    async def deliver(self, *, copies: int = 1, shuffled: bool = False, batch: int = 1) -> list[int]:
        """Deliver everything that waits to the app; return its answers."""
        return await self.courier.deliver(Manner(copies, shuffled, batch))

    async def post(self, body: bytes | dict[str, Any], *, secret: str = APP_SECRET, **headers: str) -> httpx.Response:
        """Post any body, signed, to the webhook address of the app."""
        async with httpx.AsyncClient(timeout=30) as client:
            raw = body if isinstance(body, bytes) else httpx.Request("POST", "http://x", json=body).content
            signed = {"Content-Type": "application/json", "X-Hub-Signature-256": sign_meta(raw, secret), **headers}
            return await client.post(self.courier.url, content=raw, headers=signed)

    def received(self, path: str = "messages") -> list[Received]:
        """Return the calls of this test whose path ends so."""
        return [one for one in self.world.received[self._began :] if one.path.endswith(path)]

    def sent(self, account: Account) -> list[Line]:
        """Return what the account sent and Meta took."""
        return [one for one in self.world.lines if one.account_id == account.id and not one.by_customer]

    def reset(self) -> None:
        with self.world.lock:
            self.world.faults.clear()
            self.world.waiting.clear()
        self.world.limits.enabled = True
