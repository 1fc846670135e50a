"""GET /functions/v1/agent-api-key-list."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def listed(call, org):
    async def send(as_=None, **query):
        return await call("agent-api-key-list", method="GET", as_=as_ or org.owner, params=query)

    return send


async def test_200_shows_neither_key_nor_hash(make_key, listed, tenants):
    made = await make_key("write", name="Till")
    answer = await listed()
    (row,) = answer.json()["data"]
    assert set(row) == {
        "id", "agent_id", "agent_name", "name", "key_prefix", "scopes", "is_active", "expires_at", "last_used_at",
        "replaced_by", "created_at",
    }  # fmt: skip
    assert (row["id"], row["name"], row["scopes"]) == (made["id"], "Till", ["read", "write"])
    with tenants.database() as database:
        (kept,) = database.execute("SELECT key_hash FROM agent_api_keys WHERE id = %s", [made["id"]]).fetchone()
    assert made["api_key"] not in answer.text
    assert kept not in answer.text


async def test_200_pages_newest_first_and_stays_right_while_keys_come_and_go(make_key, listed, call, org):
    ids = [(await make_key())["id"] for _ in range(5)]
    first = (await listed(limit=2)).json()
    newer = org.agent("read")
    await call("agent-api-key-revoke", as_=org.owner, json={"id": ids[4]})
    second = (await listed(limit=2, cursor=first["next_cursor"])).json()
    last = (await listed(limit=2, cursor=second["next_cursor"])).json()
    assert [row["id"] for page in (first, second, last) for row in page["data"]] == ids[::-1]
    assert last["next_cursor"] is None
    assert str(newer.key_id) == (await listed(limit=1)).json()["data"][0]["id"]


async def test_200_pages_keys_of_one_moment_each_once(make_key, listed, org, tenants):
    ids = {(await make_key())["id"] for _ in range(4)}
    with tenants.database() as database:
        database.execute("UPDATE agent_api_keys SET created_at = now() WHERE organization_id = %s", [org.id])
    seen: list[str] = []
    cursor: dict[str, str | None] = {}
    for _ in range(4):
        page = (await listed(limit=1, **cursor)).json()
        seen += [row["id"] for row in page["data"]]
        cursor = {"cursor": page["next_cursor"]}
    assert (len(seen), set(seen), cursor) == (4, ids, {"cursor": None})


async def test_200_lists_revoked_keys_on_request(make_key, listed, call, org):
    made = await make_key()
    await call("agent-api-key-revoke", as_=org.owner, json={"id": made["id"]})
    assert (await listed()).json()["data"] == []
    (row,) = (await listed(include_revoked="true")).json()["data"]
    assert (row["id"], row["is_active"]) == (made["id"], False)


async def test_200_for_members_and_agents_too_and_never_another_organizations_keys(make_key, listed, org, other_org):
    made = await make_key()
    theirs = other_org.agent("read")
    for caller in (org.person("member"), org.agent("read")):
        answer = await listed(as_=caller)
        assert made["id"] in answer.text
        assert str(theirs.key_id) not in answer.text


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"limit": "ten"}, {"page": 2}])
async def test_422_for_a_parameter_that_is_wrong(listed, query):
    answer = await listed(**query)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")


@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10", "WzEsMl0", "WyJhIiwiYiJd", "%00", "é", "A" * 400])
async def test_422_for_an_invalid_cursor(listed, cursor):
    answer = await listed(cursor=cursor)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_cursor")
