"""An agent that has never seen Nexus comes to its first useful call by what the documents say, and by nothing else."""

import json
import re
import uuid
from typing import Any

import anyio
import httpx2
import jsonschema
import pytest
from mcp import Client
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.streamable_http import streamable_http_client

pytestmark = pytest.mark.anyio


def own(text: str) -> str:
    """Return what the documents ask an agent to put in of its own."""
    return text.replace("owner@example.com", f"{uuid.uuid4().hex}@example.com")


def filled(text: str, kept: dict[str, str]) -> str:
    return re.sub(r"\$([A-Z_]+)", lambda name: kept[name[1]], text)


def at(answer: Any, pointer: str) -> str:
    for part in pointer.split("/")[1:]:
        answer = answer[part]
    return str(answer)


async def test_by_mcp_json_from_the_first_page_to_a_tools_answer(http):
    start = (await http.get("/")).json()["start"]["agents"]
    told = (await http.get(start)).json()
    kept: dict[str, str] = {}
    answers = {}
    for step in told["workflow"]:
        request = json.loads(filled(own(json.dumps(step["request"])), kept))
        answer = await http.request(
            request["method"], request["url"], headers=request["headers"], json=request.get("body")
        )
        assert answer.status_code == step["response"]["status"], answer.text
        answers[step["id"]] = answer.json()
        kept |= {name: at(answer.json(), pointer) for name, pointer in step["response"].get("keep", {}).items()}
    offered = {tool["name"] for tool in answers["tools"]["result"]["tools"]}
    assert offered == {tool["name"] for tool in told["tools"] if tool["scope"] == "read"}
    assert answers["work"]["result"]["structuredContent"]["data"] == []
    assert answers["usage"]["organization_id"] == kept["ORGANIZATION_ID"]
    assert answers["usage"]["usage"]["api_calls"]["used"] >= 2


async def test_every_command_of_llms_txt_runs_as_it_is_written(http, base_url, address):
    text = own((await http.get("/llms.txt")).text)
    kept: dict[str, str] = {}
    steps = re.findall(r"```sh\n(.*?)```(.*?)(?=\n### |\n## )", text, re.DOTALL)
    assert len(steps) == 5
    for command, after in steps:
        assert base_url in command
        run = await anyio.run_process(
            ["sh", "-c", f"{command.strip()} -H 'X-Forwarded-For: {address}' -w '\\n%{{http_code}}'"],
            env={"PATH": "/usr/bin:/bin", **kept},
        )
        body, _, status = run.stdout.decode().rpartition("\n")
        assert f"Answers {status}." in after, body
        kept |= {
            name: at(json.loads(body), f"/{field}") for field, name in re.findall(r"Keep `(\w+)` .* `(\w+)`", after)
        }
    assert json.loads(body)["plan"] == "free"


async def test_the_commands_of_the_agents_page_run_too(http, base_url, address, tenants):
    text = (await http.get("/llms-full.txt")).text
    page = own(text[text.index("# Agents: from registration") : text.index("# The MCP endpoint")])
    commands = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    assert len(commands) == 4
    kept = {"BASE": base_url}
    for command in commands:
        run = await anyio.run_process(
            ["sh", "-c", f"{command.strip()} -H 'X-Forwarded-For: {address}'"], env={"PATH": "/usr/bin:/bin", **kept}
        )
        answer = json.loads(run.stdout)
        assert "error" not in answer, answer
        kept |= {name.upper(): answer[name] for name in ("api_key", "access_token") if name in answer}


async def test_the_plans_of_the_agents_page_are_those_of_the_database(http, tenants):
    text = (await http.get("/llms-full.txt")).text
    rows = re.findall(r"^\| (free|starter|growth|scale) \| (.*) \|$", text, re.MULTILINE)
    with tenants.database() as database:
        plans = database.execute(
            "SELECT code, price_usd_month, scopes, max_contacts, max_orders, orders_period, max_messages_month,"
            " max_api_calls_day, agents_included FROM plans ORDER BY rank"
        ).fetchall()
    period = {"total": " in all", "month": " a month"}

    def told(number: int | None, suffix: str = "") -> str:
        return "unlimited" if number is None else f"{number:,}{suffix}"

    assert rows[: len(plans)] == [
        (
            code,
            " | ".join(
                (
                    f"{price} | {', '.join(scopes)} | {told(contacts)} | {told(orders, period[each])}",
                    f"{told(messages)} | {told(calls)} | {told(agents)}",
                )
            ),
        )
        for code, price, scopes, contacts, orders, each, messages, calls, agents in plans
    ]


async def test_the_room_of_plans_on_the_agents_page_is_that_of_the_database(http, tenants):
    text = (await http.get("/llms-full.txt")).text
    rows = re.findall(r"^\| (free|starter|growth|scale) \| (.*) \|$", text, re.MULTILINE)
    with tenants.database() as database:
        plans = database.execute(
            "SELECT code, max_items, max_labels, max_chats, max_storage_bytes, max_attachment_bytes,"
            " max_trail_bytes_month, max_warehouses, retention_days FROM plans ORDER BY rank"
        ).fetchall()

    def counted(number: int | None) -> str:
        return "unlimited" if number is None else f"{number:,}"

    def sized(bytes_: int) -> str:
        return f"{bytes_ >> 30} GB" if bytes_ >= 1 << 30 else f"{bytes_ >> 20} MB"

    assert rows[len(plans) :] == [
        (
            code,
            " | ".join(
                [
                    *map(counted, numbers),
                    *map(sized, sizes),
                    counted(warehouses),
                    "for ever" if days is None else f"{days} days",
                ]
            ),
        )
        for code, *numbers, storage, attachments, trail, warehouses, days in plans
        for sizes in [(storage, attachments, trail)]
    ]


class Wallet:
    """Where the client keeps its tokens; it asks for methods, so this cannot be a fixture alone."""

    tokens = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return None

    async def set_client_info(self, info):
        raise AssertionError(f"the client registered itself: {info}")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_standard_mcp_client_logs_in_by_itself_with_the_key_alone(method, http, base_url, address):
    registration = {
        "agent_name": "Standard",
        "agent_platform": "mcp",
        "owner_email": f"{uuid.uuid4().hex}@example.com",
        "organization_name": "Shop",
    }
    key = (await http.post("/functions/v1/agent-register", json=registration)).json()["api_key"]
    url = f"{base_url}/functions/v1/mcp-server"
    login = ClientCredentialsOAuthProvider(
        url, Wallet(), key[:15], key, token_endpoint_auth_method=method, issuer=f"{base_url}/auth/v1"
    )
    authorized = httpx2.AsyncClient(auth=login, headers={"X-Forwarded-For": address})
    async with authorized, Client(streamable_http_client(url, http_client=authorized)) as client:
        tools = (await client.list_tools()).tools
        found = await client.call_tool("nexus_list_contacts", {})
    assert "nexus_search" in {tool.name for tool in tools}
    assert login.context.current_tokens
    assert login.context.current_tokens.scope == "read"
    jsonschema.validate(
        found.structured_content, next(t for t in tools if t.name == "nexus_list_contacts").output_schema
    )
