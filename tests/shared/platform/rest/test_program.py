"""Requests of one shape share what was compiled, and nothing else."""

import msgspec
import pytest

from shared.platform.rest.program import compiler
from shared.platform.rest.request import Incoming

pytestmark = pytest.mark.anyio
WHOLE = "return=representation"


async def test_each_body_is_its_own(ask):
    for name in ("one", "two", "three"):
        told = await ask("POST", "/actors", {"id": 70, "name": name}, prefer=WHOLE)
        assert told.json == [{"id": 70, "name": name}]
        told = await ask("POST", "/actors", [{"id": 71, "name": name}], prefer=WHOLE)
        assert told.json == [{"id": 71, "name": name}]
        told = await ask("PATCH", "/actors?id=eq.1", {"name": name}, prefer=WHOLE)
        assert told.json == [{"id": 1, "name": name}]
        assert (await ask("POST", "/rpc/told", {"name": f"app.{name}"})).json is None
        assert (await ask("POST", "/rpc/echo", {"said": name})).json == {"said": name}
        assert (await ask("POST", "/rpc/shout", name.encode(), content_type="text/plain")).json == name.upper()
    assert (await ask("POST", "/actors", {"id": 70, "other": 1})).code == "PGRST204"


async def test_every_input_of_the_answer_makes_another_shape(ask):
    for _ in range(2):
        assert (await ask("GET", "/actors?id=eq.1&select=id")).json == [{"id": 1}]
        assert (await ask("GET", "/actors?id=eq.2&select=id")).json == [{"id": 2}]
        single = await ask("GET", "/actors?id=eq.1&select=id", accept="application/vnd.pgrst.object+json")
        assert single.json == {"id": 1}
        assert (await ask("GET", "/actors?select=id&order=id", range="0-0")).json == [{"id": 1}]
        assert (await ask("GET", "/actors?select=id&order=id", range="1-1")).json == [{"id": 2}]
        counted = await ask("HEAD", "/actors?id=eq.1&select=id", prefer="count=exact")
        assert (counted.body, counted.headers["content-range"]) == ("", "0-0/1")
        assert (await ask("GET", "/boxes", accept_profile="attic")).status == 200
        assert (await ask("GET", "/boxes")).status == 404


async def test_a_new_schema_cache_compiles_programs_again(archive):
    incoming = Incoming("GET", "/actors", "select=id", ())
    first = compiler(archive.cache, archive.settings)
    program = first.program(incoming, first.request(incoming))
    assert first.program(incoming, first.request(incoming)) is program
    newer = compiler(msgspec.structs.replace(archive.cache, descriptions={}), archive.settings)
    assert newer is not first
    assert newer.program(incoming, newer.request(incoming)) is not program
