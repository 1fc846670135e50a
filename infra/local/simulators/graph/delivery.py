"""Delivery of webhooks to the app: signed, at least once, in any order, several in a body, late."""

import asyncio
import json
import logging
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.auth.webhooks import sign_meta

from .webhooks import Update, body_of
from .world import World

if TYPE_CHECKING:
    import httpx

_ATTEMPT_TIMEOUT_S = 15
_FIRST_RETRY_S = 0.5
_LAST_RETRY_S = 60
_MOST_ATTEMPTS = 40
_TICK_S = 0.05
logger = logging.getLogger(__name__)


@dataclass
class Manner:
    """How updates are delivered; Meta guarantees none of the opposites."""

    copies: int = 1
    shuffled: bool = False
    batch: int = 1
    late_s: float = 0


class Courier:
    """Delivers the world's waiting updates to the app's webhook address."""

    def __init__(self, world: World, *, url: str, app_secret: str, seed: int | None = None) -> None:
        self.manner = Manner()
        self.url = url
        self._world = world
        self._app_secret = app_secret
        self._random = random.Random(seed)  # noqa: S311  disorder, no secret

    async def run(self) -> None:
        """Deliver what is due until cancelled; deliver again later what the app did not accept."""
        import httpx  # noqa: PLC0415

        async with httpx.AsyncClient(timeout=_ATTEMPT_TIMEOUT_S) as client:
            while True:
                due = self._world.take_waiting(time.monotonic() - self.manner.late_s)
                if due:
                    await self.carry(client, due)
                await asyncio.sleep(_TICK_S)

    async def deliver(self, manner: Manner | None = None) -> list[int]:
        """Deliver everything that waits now, due or not; return the app's statuses."""
        import httpx  # noqa: PLC0415

        async with httpx.AsyncClient(timeout=_ATTEMPT_TIMEOUT_S) as client:
            return await self.carry(client, self._world.take_waiting(float("inf")), manner)

    async def carry(
        self, client: "httpx.AsyncClient", updates: list[Update], manner: Manner | None = None
    ) -> list[int]:
        statuses = []
        for bundle in self.bundles(updates, manner or self.manner):
            status = await self.post(client, body_of(bundle))
            statuses.append(status)
            if status != 200:  # noqa: PLR2004
                self._again(bundle)
        return statuses

    def bundles(self, updates: list[Update], manner: Manner) -> list[list[Update]]:
        """Join updates of the same kind of object, up to the batch size."""
        ordered = [one for one in updates for _ in range(manner.copies)]
        if manner.shuffled:
            self._random.shuffle(ordered)
        bundles: list[list[Update]] = []
        for update in ordered:
            last = bundles[-1] if bundles else []
            if last and len(last) < manner.batch and last[0].object == update.object:
                last.append(update)
            else:
                bundles.append([update])
        return bundles

    async def post(self, client: "httpx.AsyncClient", body: Any) -> int:
        """Return the app's status, 0 if it does not answer."""
        import httpx  # noqa: PLC0415

        raw = json.dumps(body, separators=(",", ":")).encode()  # characters outside ASCII are escaped, as Meta does
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign_meta(raw, self._app_secret)}
        try:
            answer = await client.post(self.url, content=raw, headers=headers)
        except httpx.HTTPError as fault:
            logger.warning("the webhook address does not answer: %r", fault)
            return 0
        return answer.status_code

    def _again(self, bundle: list[Update]) -> None:
        """Deliver the bundle again, each time after twice as long; Meta gives up after seven days."""
        for update in bundle:
            update.attempts += 1
            if update.attempts < _MOST_ATTEMPTS:
                wait_s = min(_FIRST_RETRY_S * 2**update.attempts, _LAST_RETRY_S)
                update.due = time.monotonic() + wait_s
                with self._world.lock:
                    self._world.waiting.append(update)
