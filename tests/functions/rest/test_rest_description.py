"""GET /rest/v1/: what the caller may reach, described."""

import pytest

pytestmark = pytest.mark.anyio


async def test_200_describes_what_an_agent_may_reach_and_where(rest, org, base_url):
    answer = await rest("GET", "", as_=org.agent("read"))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert {"/customers", "/orders", "/order_items"} <= set(told["paths"])
    assert f"{told['schemes'][0]}://{told['host']}{told['basePath']}" == f"{base_url}/rest/v1"
    assert answer.headers["Content-Type"] == "application/openapi+json; charset=utf-8"


async def test_200_describes_to_the_anonymous_less(rest, org):
    known = (await rest("GET", "", as_=org.agent())).json()
    unknown = (await rest("GET", "")).json()
    assert set(unknown["paths"]) < set(known["paths"])


async def test_401_without_a_key(http):
    assert (await http.get("/rest/v1/")).status_code == 401
