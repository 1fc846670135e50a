"""Requests that are cheap to send and dear to answer."""

import asyncio

import httpx

from tests.attack.outcome import readable, refused
from tests.attack.registry import Broken, attack
from tests.attack.stage import Stage

MOST_BYTES = 8 * 1024 * 1024


@attack("costs")
async def nest_embeds(stage: Stage) -> str:
    """Embeds have a depth and a product."""
    select = "id"
    for _ in range(4):
        select = f"id,orders(id,customers({select}))"
    return refused(await stage.shop.ask("GET", f"/rest/v1/customers?select={select}"))


@attack("costs")
async def search_for_three_thousand_words(stage: Stage) -> str:
    """Text searches have a length."""
    words = "|".join(f"w{number}" for number in range(1000))
    return refused(await stage.shop.ask("GET", f"/rest/v1/customers?notes=fts.{words}"))


@attack("costs")
async def match_backwards(stage: Stage) -> str:
    """Regular expressions have no references back."""
    return refused(await stage.shop.ask("GET", r"/rest/v1/customers?notes=match.(.*)(.*)\1\2x"))


@attack("costs")
async def insert_nothing_a_hundred_thousand_times(stage: Stage) -> str:
    """A request inserts a bounded number of rows."""
    body = "[" + ",".join(["{}"] * 300_000) + "]"
    answer = await stage.shop.ask(
        "POST", "/rest/v1/orders", headers={"Content-Type": "application/json"}, content=body.encode()
    )
    return refused(answer)


@attack("costs")
async def ask_for_everything(stage: Stage) -> str:
    """An answer has at most 8 MB."""
    answer = await stage.shop.ask("GET", "/rest/v1/orders?select=*,order_items(*),customers(*)&limit=1000000")
    if len(answer.content) > MOST_BYTES:
        raise Broken(f"{len(answer.content):,} bytes")
    return f"{len(answer.content):,} bytes"


async def _exchanged(stage: Stage, key: str) -> httpx.Response:
    return await stage.http.post("/functions/v1/agent-auth", json={"api_key": key})


@attack("costs")
async def exchange_keys_that_do_not_exist(stage: Stage) -> str:
    """Wrong keys answer alike, and other tenants' reads go on beside them."""
    wrong = [f"nxs_ak_{number:048d}" for number in range(12)]
    answers = asyncio.gather(*(_exchanged(stage, key) for key in wrong))
    readable(await stage.rival.tool("nexus_list_contacts", limit=5))
    told = {answer.status_code for answer in await answers}
    if not told <= {401, 429}:
        raise Broken(f"statuses {told}")
    return f"statuses {sorted(told)}"


@attack("costs", is_long=True)
async def hold_heads_half_sent(stage: Stage) -> str:
    """A head that does not end is closed, and others are served meanwhile."""
    host, port = stage.http.base_url.host, stage.http.base_url.port or 80
    held = [await asyncio.open_connection(host, port) for _ in range(200)]
    for _, writer in held:
        writer.write(b"POST /functions/v1/agent-auth HTTP/1.1\r\nHost: x\r\n")
    readable(await stage.shop.tool("nexus_list_contacts", limit=5))
    await asyncio.sleep(45)
    still_open = sum(not (reader.at_eof() or writer.is_closing()) for reader, writer in held)
    for _, writer in held:
        writer.close()
    if still_open:
        raise Broken(f"{still_open} of {len(held)} were open after 45 s")
    return "all closed within 45 s"
