"""A scheduler that calls the cron functions as the cloud's would: over HTTP with the service key."""

import asyncio
import logging
from typing import TYPE_CHECKING

from infra import functions

if TYPE_CHECKING:
    import httpx

CALL_TIMEOUT_S = 60
logger = logging.getLogger(__name__)


def scheduled_functions() -> dict[str, int]:
    """Return the seconds between two calls of each job; import every function, so that none is cold."""
    found = {}
    for folder in sorted(functions.names()):
        try:
            spec = functions.spec(folder)
        except Exception:
            logger.exception("functions/%s cannot be imported", folder)
        else:
            if spec.schedule_s:
                found[spec.name] = spec.schedule_s
    return found


async def tick(base_url: str, secret_key: str) -> None:
    """Call every job at its interval until cancelled; a call that fails is logged, and made again at the next turn."""
    jobs = await asyncio.to_thread(scheduled_functions)
    if not jobs:
        return
    import httpx  # noqa: PLC0415  100 ms that a start without cron functions does not pay

    credential = {"Authorization": f"Bearer {secret_key}", "apikey": secret_key}
    async with (
        httpx.AsyncClient(base_url=base_url, headers=credential, timeout=CALL_TIMEOUT_S) as client,
        asyncio.TaskGroup() as group,
    ):
        for name, seconds in jobs.items():
            group.create_task(_tick_one(client, name, seconds))


async def _tick_one(client: "httpx.AsyncClient", name: str, seconds: int) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            answer = await client.post(f"/functions/v1/{name}")
            answer.raise_for_status()
        except Exception as fault:  # noqa: BLE001  (whatever it was, the next turn comes)
            logger.warning("cron function %s failed: %s: %s", name, type(fault).__name__, fault)
