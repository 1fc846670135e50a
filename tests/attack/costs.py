"""Requests that are cheap to send and dear to answer."""

import asyncio
import contextlib
import socket

import httpx
import msgspec

from tests.attack.outcome import readable, refused
from tests.attack.registry import Broken, attack
from tests.attack.stage import Stage

HEAD = b"POST /functions/v1/agent-auth HTTP/1.1\r\nHost: x\r\n"
NO_REQUESTS = (
    b"\x16\x03\x01\x02\x00\x01",
    HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    HEAD + b"A: b\r\n c\r\n\r\n",
    HEAD + b"A: b\n\r\n",
    HEAD + b"A: b\0\r\n\r\n",
    HEAD + b"Host: y\r\n\r\n",
    HEAD + b"A: " + b"x" * 1_000_000,
    b"GET /?" + b"x" * 1_000_000,
    b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
)
HIDDEN = b"GET /llms.txt HTTP/1.1\r\nHost: x\r\n\r\n"
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
async def send_what_is_no_request(stage: Stage) -> str:
    """What is no request is refused in the one error body, and nothing that hides behind it is asked."""
    host, port = stage.http.base_url.host, stage.http.base_url.port or 80
    codes = set()
    for sent in NO_REQUESTS:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(sent + HIDDEN)
        async with asyncio.timeout(30):
            _, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        try:
            codes.add(msgspec.json.decode(body)["error"])
        except (msgspec.DecodeError, KeyError, TypeError) as fault:
            raise Broken(f"{sent[:80]!r} was answered {body[:80]!r}") from fault
    return f"{', '.join(sorted(codes))} for {len(NO_REQUESTS)}"


@attack("costs", is_long=True)
async def leave_answers_unread(stage: Stage) -> str:
    """An answer of which nothing is taken is let go, and others are served meanwhile."""
    loop, place = asyncio.get_running_loop(), (stage.http.base_url.host, stage.http.base_url.port or 80)
    held = [socket.socket() for _ in range(50)]
    for each in held:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        each.setblocking(False)
        await loop.sock_connect(each, place)
        await loop.sock_sendall(each, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
    readable(await stage.shop.tool("nexus_list_contacts", limit=5))
    await asyncio.sleep(80)
    still_open = sum(each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 for each in held)
    for each in held:
        each.close()
    if still_open:
        raise Broken(f"{still_open} of {len(held)} were open after 80 s")
    return "all closed within 80 s"


@attack("costs", is_long=True)
async def take_answers_in_drops(stage: Stage) -> str:
    """An answer of which hardly anything is taken is let go as well."""
    loop, place = asyncio.get_running_loop(), (stage.http.base_url.host, stage.http.base_url.port or 80)
    held = [socket.socket() for _ in range(50)]
    for each in held:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        each.setblocking(False)
        await loop.sock_connect(each, place)
        await loop.sock_sendall(each, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
    for _ in range(9):
        for each in held:
            with contextlib.suppress(OSError):
                each.recv(2000)
        await asyncio.sleep(10)
    still_open = sum(_is_open(each) for each in held)
    for each in held:
        each.close()
    if still_open:
        raise Broken(f"{still_open} of {len(held)} were open after 90 s")
    return "all closed within 90 s"


def _is_open(connection: socket.socket) -> bool:
    """What has come is read to its end: a reset stands behind it."""
    try:
        while connection.recv(65_536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@attack("costs", is_long=True)
async def ask_for_another_protocol(stage: Stage) -> str:
    """The body of who asks for another protocol is read as any other, and who ends his side is answered."""
    host, port = stage.http.base_url.host, stage.http.base_url.port or 80
    body, told = b'{"api_key": "nobody\'s"}', []
    for asks in (b"", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(HEAD + asks + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.write_eof()
        async with asyncio.timeout(30):
            answer = await reader.read()
        writer.close()
        told.append(msgspec.json.decode(answer.partition(b"\r\n\r\n")[2] or b"{}").get("error"))
    if None in told or told[0] != told[1]:
        raise Broken(f"{told[1]} instead of {told[0]}")
    return f"{told[0]} for both"


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
