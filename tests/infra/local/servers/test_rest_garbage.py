"""Whatever comes in, the answer is no fault of ours, and what is refused by its words reaches no database.

`NEXUS_GARBAGE=50000` sends as many requests; the seed of a failing one is in the message.
"""

import json
import os
import re
from contextlib import asynccontextmanager
from random import Random

import pytest

from infra.local.servers.rest import ForeignHost, RestServer
from infra.local.servers.rest_settings import foreign_database
from shared.platform.rest.app import answer
from shared.platform.rest.caller import Caller
from tests.infra.local.servers.garbage import garbage
from tests.support.supports import supports

pytestmark = pytest.mark.anyio
REQUESTS = int(os.environ.get("NEXUS_GARBAGE", "2500"))
OF_WORDS = re.compile(r"PGRST(10[0-24-9]|114|117|118|12[0237]|12[568]|2\d\d)")
"""Codes of requests that are refused before anything is sent; of those the database decides, it says more."""
KEEPER = Caller("library_keeper", '{"role":"library_keeper"}')


class Watched(ForeignHost):
    """Counts how often a connection is taken."""

    taken = 0

    @asynccontextmanager
    async def connection(self):
        self.taken += 1
        async with super().connection() as lent:
            yield lent


@supports("Refusals", "garbage of all kinds: never a fault of the server, never a statement for what is refused")
async def test_garbage_is_answered_without_a_fault_of_ours(environment):
    settings = {**environment, "PGRST_DB_AGGREGATES_ENABLED": "true", "PGRST_DB_TX_END": "rollback"}
    server = RestServer(foreign_database(settings))
    async with server.serving():
        await server.cache.current()
        for seed in range(REQUESTS):
            host = Watched(server, KEEPER)
            incoming = garbage(Random(seed))  # noqa: S311
            response = await answer(incoming, host)
            assert response.status < 500, (seed, incoming, response)
            if response.status >= 400 and response.body:
                code = json.loads(response.body)["code"]
                assert not (OF_WORDS.fullmatch(code) and host.taken), (seed, incoming, response)
