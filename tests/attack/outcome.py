"""Judgements that attacks share: was it refused, does the shop still work, can a program read the answer."""

import json
from typing import Any

import httpx

from tests.attack.registry import Broken
from tests.attack.stage import Caller

SERVER_ERROR = 500
READS = ("customers", "orders", "items", "chats", "messages")
LISTS = ("nexus_list_contacts", "nexus_list_orders", "nexus_list_inventory", "nexus_list_conversations")


def refused(answer: httpx.Response, *, of: str = "") -> str:
    """How it was refused; a 500 is not a refusal, and neither is a tool's internal error."""
    if answer.status_code >= SERVER_ERROR or '"code":-32603' in answer.text:
        raise Broken(f"{of} {answer.status_code}: {answer.text[:200]}".strip())
    if answer.headers.get("content-range") == "*/0":
        return "nothing changed"
    if answer.is_success and not tool_refusal(answer):
        raise Broken(f"{of} taken: {answer.status_code} {answer.text[:200]}".strip())
    return code(answer)


def code(answer: httpx.Response) -> str:
    """The status and the refusal's code, in the form of whichever surface spoke."""
    try:
        told = answer.json()
    except ValueError:
        return str(answer.status_code)
    told = (told.get("result") or {}).get("structuredContent", told) if isinstance(told, dict) else {}
    return f"{answer.status_code} {told.get('error') or told.get('code') or ''}".strip()


def tool_refusal(answer: httpx.Response) -> bool:
    try:
        told = answer.json()
    except ValueError:
        return False
    return isinstance(told, dict) and bool((told.get("result") or {}).get("isError") or told.get("error"))


def readable(answer: httpx.Response) -> Any:
    """What it says, when it is a good answer in JSON proper."""
    if not answer.is_success or '"code":-32603' in answer.text:
        raise Broken(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:200]}")

    def no_number(word: str) -> None:
        raise Broken(f"{answer.request.url.path} answers {word}, which is no JSON")

    return json.loads(answer.text, parse_constant=no_number)


async def all_can_read(caller: Caller) -> str:
    """Every list of the organization still answers."""
    for table in READS:
        readable(await caller.ask("GET", f"/rest/v1/{table}?limit=25&order=created_at.desc"))
    for tool in LISTS:
        readable(await caller.tool(tool, limit=25))
    return "all lists answer"


def unchanged(before: dict[str, Any], after: dict[str, Any], *columns: str) -> None:
    """Compare what no client may have changed."""
    for column in columns:
        if before[column] != after[column]:
            raise Broken(f"{column}: {before[column]} became {after[column]}")
