"""POST /functions/v1/mcp-server through HTTP; the protocol is tested in tests/shared/platform/mcp."""

from pathlib import Path

import httpx2
import msgspec
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from functions.mcp_server.catalog import registry

URL = "/functions/v1/mcp-server"
LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
MODERN = "2026-07-28"
RESOURCES = ["nexus://organization/info", *(f"nexus://schema/{noun}" for noun in ("contacts", "orders", "inventory"))]


async def test_401_without_a_token_with_the_way_to_one(http, base_url):
    answer = await http.post(URL, json=LISTING)
    told = answer.headers["www-authenticate"]
    assert (answer.status_code, told.split(" ")[0]) == (401, "Bearer")
    assert f'resource_metadata="{base_url}/.well-known/oauth-protected-resource' in told
    assert 'scope="read write admin"' in told
    assert 'error="' in told
    assert 'error_description="' in told


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
async def test_401_for_what_is_no_token_before_the_body_is_read(http, token):
    answer = await http.post(URL, content=b"\xff", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, "www-authenticate" in answer.headers) == (401, True)


@pytest.mark.parametrize("method", ["tools/list", "resources/list", "tools/call"])
async def test_401_at_once_for_a_revoked_key(rpc, org, tenants, method):
    agent = org.agent("read")
    with tenants.database() as db:
        db.execute("UPDATE agent_api_keys SET is_active = false WHERE id = %s", (agent.key_id,))
    answer = await rpc(method, {"name": "nexus_list_contacts"}, as_=agent)
    assert (answer.status_code, answer.json()["error"]) == (401, "key_revoked")
    assert "resource_metadata=" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_405_for_any_verb_but_post_even_without_a_token(http, method):
    answer = await http.request(method, URL)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_403_for_a_page_from_elsewhere(call, org):
    answer = await call("mcp-server", as_=org.agent(), json=LISTING, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden_origin")


async def test_413_for_ten_megabytes(call, org):
    headers = {"Content-Type": "application/json"}
    answer = await call("mcp-server", as_=org.agent(), content=b"[" * 10_000_000, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("name", "value", "status"), [("Content-Type", "text/plain", 415), ("Accept", "text/html", 406)]
)
async def test_415_and_406_for_anything_but_json(call, org, name, value, status):
    headers = {"Content-Type": "application/json", name: value}
    answer = await call("mcp-server", as_=org.agent(), content=b"{}", headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("body", [b"{", b'{"a": NaN}', b'"\\ud800"', b"[" * 20_000, b"\xff"])
async def test_400_for_what_is_not_json(call, org, body):
    answer = await call("mcp-server", as_=org.agent(), content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32700)


async def test_400_for_a_header_sent_twice(http, org):
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
    headers = [*org.agent().headers.items(), ("MCP-Protocol-Version", MODERN), ("Mcp-Method", "tools/list")]
    message = LISTING | {"params": {"_meta": meta}}
    once = await http.post(URL, json=message, headers=headers)
    twice = await http.post(URL, json=message, headers=[*headers, ("Mcp-Method", "tools/list")])
    assert (once.status_code, twice.status_code, twice.json()["error"]["code"]) == (200, 400, -32020)


async def test_200_for_the_documented_handshake_and_without_it(rpc, org):
    agent = org.agent("read")
    opened = await rpc("initialize", {"protocolVersion": "2025-03-26", "capabilities": {}}, as_=agent)
    listed = await rpc("tools/list", as_=agent)
    assert opened.json()["result"]["protocolVersion"] == "2025-03-26"
    assert "mcp-session-id" not in opened.headers
    assert {tool["annotations"].get("readOnlyHint") for tool in listed.json()["result"]["tools"]} == {True}


async def test_202_for_a_notification(call, org):
    answer = await call("mcp-server", as_=org.agent(), json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (answer.status_code, answer.content) == (202, b"")


async def test_200_for_a_batch_whose_messages_are_each_counted(call, org):
    agent = org.agent()
    left = []
    for size in (1, 5, 1):
        answer = await call("mcp-server", as_=agent, json=[LISTING | {"method": "ping"}] * size)
        assert (answer.status_code, len(answer.json())) == (200, size)
        left.append(int(answer.headers["ratelimit"].split("r=")[1].split(";")[0]))
    assert (left[0] - left[1], left[1] - left[2]) == (5, 1)


async def test_429_once_the_rate_is_used_up(call, org):
    agent = org.agent()
    for _ in range(5):
        answer = await call("mcp-server", as_=agent, json=[LISTING | {"method": "ping"}] * 20)
    answer = await call("mcp-server", as_=agent, json=LISTING)
    assert (answer.status_code, answer.json()["error"]) == (429, "rate_limit_exceeded")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_missing_scope_is_a_result_that_says_who_can_help(mcp, org):
    refused = await mcp("nexus_create_contact", {"first_name": "Mona"}, as_=org.agent("read"))
    assert (refused["is_error"], refused["error"], refused["required"]) == (True, "insufficient_scope", "write")
    assert "ask an owner or admin" in refused["message"]


async def test_a_scope_beyond_the_plan_is_a_result_that_names_the_upgrade(mcp, tenants):
    refused = await mcp("nexus_create_contact", {"first_name": "Mona"}, as_=tenants.org("free").agent("read"))
    assert (refused["is_error"], refused["error"], refused["resource"]) == (True, "plan_limit_exceeded", "scopes")
    assert refused["upgrade"]


async def test_an_idempotency_key_replays_its_answer_and_refuses_another_body(mcp, org):
    agent = org.agent()
    arguments = {"first_name": "Mona", "phone": "+201001234567", "idempotency_key": "k-1"}
    first = await mcp("nexus_create_contact", arguments, as_=agent)
    assert await mcp("nexus_create_contact", arguments, as_=agent) == first
    refused = await mcp("nexus_create_contact", arguments | {"first_name": "Nour"}, as_=agent)
    assert (refused["is_error"], refused["error"]) == (True, "idempotency_key_reused")


async def test_people_list_what_their_role_allows(rpc, org):
    listed = await rpc("tools/list", as_=org.person("member"))
    assert len(listed.json()["result"]["tools"]) == len(registry.tools)


@pytest.mark.parametrize(("mode", "version"), [("auto", MODERN), ("legacy", "2025-11-25")])
async def test_the_official_client_works_with_the_real_tools(base_url, org, address, mode, version):
    nobody = {"customer_id": "00000000-0000-0000-0000-000000000000"}
    http = httpx2.AsyncClient(headers={**org.agent().headers, "X-Forwarded-For": address})
    async with http, Client(streamable_http_client(base_url + URL, http_client=http), mode=mode) as client:
        tools = (await client.list_tools()).tools
        found = await client.call_tool("nexus_list_contacts", {"limit": 1})
        missing = await client.call_tool("nexus_get_contact", nobody)
        assert client.protocol_version == version
    assert [tool.name for tool in tools] == list(registry.tools)
    assert (found.is_error, found.structured_content["data"], missing.is_error) == (False, [], True)


async def test_resources_tell_the_organization_and_the_full_schemas(rpc, org):
    agent = org.agent("read")
    listed = (await rpc("resources/list", as_=agent)).json()["result"]["resources"]
    assert [each["uri"] for each in listed] == RESOURCES
    read = [await rpc("resources/read", {"uri": uri}, as_=agent) for uri in RESOURCES]
    info, contacts, *_ = (msgspec.json.decode(each.json()["result"]["contents"][0]["text"]) for each in read)
    assert (info["organization"]["id"], info["usage"]["plan"]) == (str(org.id), "growth")
    assert info["usage"]["usage"]["api_calls"]["used"] > 0
    contact = contacts["tools"]["nexus_get_contact"]["result"]["properties"]["contact"]
    assert contact["properties"]["email"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


@pytest.mark.parametrize("uri", RESOURCES)
async def test_401_for_resources_with_a_revoked_key(rpc, org, tenants, uri):
    agent = org.agent("read")
    with tenants.database() as db:
        db.execute("UPDATE agent_api_keys SET is_active = false WHERE id = %s", (agent.key_id,))
    answer = await rpc("resources/read", {"uri": uri}, as_=agent)
    assert (answer.status_code, answer.json()["error"]) == (401, "key_revoked")


def test_the_whole_list_of_tools_is_small_enough_to_load_every_time():
    left = 14 * 1024 - len(registry.listed_tools({"read", "write", "admin"}))
    assert left >= 0, f"{left} bytes are left for other tools: shorten one"


def test_every_tool_has_schemas_of_objects():
    listed = msgspec.json.decode(registry.listed_tools({"read", "write", "admin"}))
    assert all(tool["inputSchema"]["type"] == tool["outputSchema"]["type"] == "object" for tool in listed)
    assert [tool["name"] for tool in listed] == list(registry.tools)


def test_every_tool_and_resource_is_documented():
    root = Path(__file__).parents[3]
    document, readme = (root / "docs" / "mcp.md").read_text(), (root / "README.md").read_text()
    assert [name for name in [*registry.tools, *registry.resources] if f"`{name}`" not in document] == []
    assert [name for name in registry.tools if f"`{name}`" not in readme] == []
