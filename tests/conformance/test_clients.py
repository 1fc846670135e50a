"""The official clients, in each way that they connect: lists, calls, refusals and resources as they see them."""

import json

import pytest
from mcp import Client

EXPECTED = {"greeted": {"text": "Hello Mona"}, "refused": [True, "conflict"]}
STATIC_TEXT = "This is the content of the static text resource."


MODES = [("auto", "2026-07-28"), ("2026-07-28", "2026-07-28"), ("legacy", "2025-11-25")]


@pytest.mark.parametrize(("mode", "version"), MODES)
async def test_the_python_client(url, mode, version):
    async with Client(url, mode=mode) as client:
        tools = await client.list_tools()
        greeted = await client.call_tool("greet", {"name": "Mona"})
        read = await client.read_resource("test://static-text")
        assert client.protocol_version == version
    assert (tools.tools[0].name, greeted.structured_content) == ("greet", {"text": "Hello Mona"})
    assert read.contents[0].model_dump()["text"] == STATIC_TEXT


@pytest.mark.parametrize(("mode", "version"), MODES)
async def test_the_python_client_sees_a_refusal(url, mode, version):
    async with Client(url, mode=mode) as client:
        refused = await client.call_tool("greet", {"name": "conflict"})
    told = json.loads(refused.content[0].model_dump()["text"])
    assert (refused.is_error, told["error"]) == (True, "conflict")


@pytest.mark.parametrize(
    ("script", "arguments", "version"),
    [
        ("client_v1.mjs", [], "2025-11-25"),
        ("client_v2.mjs", ["auto"], "2026-07-28"),
        ("client_v2.mjs", ["legacy"], "2025-11-25"),
    ],
)
def test_the_typescript_clients(seen_by, script, arguments, version):
    seen = seen_by(script, *arguments)
    assert (seen["version"], seen["tools"][0], seen["read"]) == (version, "greet", STATIC_TEXT)
    assert {name: seen[name] for name in EXPECTED} == EXPECTED
