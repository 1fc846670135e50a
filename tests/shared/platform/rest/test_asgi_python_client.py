"""The Python client of the supabase project over the interface: what it sends is understood, what it reads is there."""

from collections.abc import AsyncIterator

import httpx
import pytest
from postgrest import AsyncPostgrestClient
from postgrest.exceptions import APIError
from postgrest.types import CountMethod

from shared.platform.rest.asgi import Application
from tests.support.supports import supports

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(archive) -> AsyncIterator[AsyncPostgrestClient]:
    async def host_of(_):
        return archive

    transport = httpx.ASGITransport(Application(host_of))
    async with httpx.AsyncClient(transport=transport, base_url="http://films") as http:
        yield AsyncPostgrestClient("http://films", schema="films", http_client=http)


@supports("Callers", "the Python client: reads, counts, embeds, single objects, CSV, plans")
async def test_the_client_reads(client):
    films = client.from_("films")
    found = await films.select("id, title", count=CountMethod.exact).gt("year", 1957).order("id").limit(2).execute()
    assert (found.data, found.count) == ([{"id": 1, "title": "Cairo Station"}, {"id": 3, "title": "Persona"}], 4)
    embedded = await films.select("id, actors!inner(name)").eq("actors.name", "Hind Rostom").execute()
    assert embedded.data == [{"id": 1, "actors": [{"name": "Hind Rostom"}]}]
    either = await films.select("id").or_("id.eq.1,title.eq.Persona").order("id", desc=True).execute()
    assert either.data == [{"id": 3}, {"id": 1}]
    assert (await films.select("id").in_("id", [1, 2, "x,y"][:2]).range(1, 1).order("id").execute()).data == [{"id": 2}]
    assert (await films.select("id").contains("tags", ["a,b"]).execute()).data == [{"id": 5}]
    assert (await films.select("id").text_search("words", "chess", {"config": "english"}).execute()).data == [{"id": 2}]
    assert (await films.select("id").eq("id", 1).single().execute()).data == {"id": 1}
    assert await films.select("id").eq("id", 0).maybe_single().execute() is None
    assert (await films.select("id").eq("id", 1).csv().execute()).data == "id\n1"
    assert "Plan" in (await films.select("id").explain(format="json").execute()).data[0]
    with pytest.raises(APIError) as refused:
        await films.select("id").single().execute()
    assert refused.value.code == "PGRST116"


@supports("Callers", "the Python client: inserts, upserts, updates, deletes, functions")
async def test_the_client_writes_and_calls(client):
    actors = client.from_("actors")
    row = {"id": 60, "name": "sixty"}
    assert (await actors.insert(row).execute()).data == [row]
    assert (await actors.insert([row, {"id": 61, "name": "x"}], count=CountMethod.exact).execute()).count == 2
    assert (await actors.upsert({"id": 1, "name": "Hind"}, on_conflict="id").execute()).data == [
        {"id": 1, "name": "Hind"}
    ]
    assert (await actors.update({"name": "Max"}).eq("id", 2).execute()).data == [{"id": 2, "name": "Max"}]
    assert (await client.from_("roles").delete().eq("film_id", 1).execute()).data[0]["part"] == "Hannuma"
    assert (await client.rpc("add", {"a": 1, "b": 2}).execute()).data == 3
    assert (await client.rpc("add", {"a": 1}, get=True).execute()).data == 11
    assert (await client.rpc("sum_all", {"numbers": [1, 2, 3]}).execute()).data == 6
    assert (await client.rpc("films_since", {"since": 2000}).select("id").execute()).data == [{"id": 5}]
    with pytest.raises(APIError) as refused:
        await actors.insert({"id": 1, "name": "taken"}).execute()
    assert refused.value.code == "23505"
