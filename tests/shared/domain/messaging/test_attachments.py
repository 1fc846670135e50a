"""A customer's file: fetched by its id with the number's token, checked, kept, shown, taken back; whatever Meta is."""

import asyncio
import base64
import uuid
from urllib.parse import parse_qsl, urlsplit

import pytest

from shared.domain.channels import downloads
from shared.domain.media import service as media_room
from shared.domain.messaging.attachments import service
from shared.domain.messaging.conversations import service as conversations
from shared.kernel.errors import NotFound
from shared.providers.meta.inbound import FileKind, Media
from shared.runtime.blobs import blobs
from shared.runtime.postgres import leases
from shared.tenancy.transactions import service_tx
from tests.shared.domain.messaging.conftest import TOKEN, Line, answer

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_media_due")]
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 1000


@pytest.fixture
async def receive():
    """`await receive(line, Media(...))`: the message that announces these files."""

    async def keep(line: Line, *media: Media) -> uuid.UUID:
        message = line.message()
        async with service_tx(request_id="test") as tx:
            service.attach_received(
                tx, organization_id=line.org.id, channel_id=line.channel, message_id=message, files=media
            )
        return message

    yield keep
    await leases.close()


@pytest.fixture
def work():
    async def off() -> downloads.MediaWork:
        return await downloads.work_off(request_id="test", for_s=10)

    return off


def announced(file_id: str, sha256: str | None = None, **fields: object) -> Media:
    checksum = base64.b64encode(bytes.fromhex(sha256)).decode() if sha256 else None
    return Media(kind=FileKind.IMAGE, id=file_id, mime_type="image/jpeg", sha256=checksum, **fields)  # type: ignore[arg-type]


@pytest.fixture
async def shown(line, files, receive, work):
    """Return a line and a message of its conversation whose file has been fetched."""
    own = await line()
    files.put("m1", JPEG)
    message = await receive(own, announced("m1"))
    await work()
    return own, message


async def test_a_file_is_fetched_with_the_numbers_token_and_kept_as_what_it_is(line, files, receive, work):
    own = await line()
    sha256 = files.put("m1", JPEG, mime_type="text/html")
    message = await receive(own, announced("m1", sha256, filename="../../etc/صورة.jpg"))
    assert own.media(message)[0]["status"] == "waiting"
    await work()
    (media,) = own.media(message)
    assert (media["status"], media["mime_type"], media["size_bytes"]) == ("stored", "image/jpeg", len(JPEG))
    assert (media["sha256"], media["file_name"]) == (sha256, "صورة.jpg")
    assert all(f"authorization: bearer {TOKEN}".lower() in request.lower() for request in files.asked)
    stored = await blobs().get(f"{own.org.id}/{media['id']}")
    assert b"".join([piece async for piece in stored]) == JPEG


async def test_a_message_of_several_files_keeps_their_order(line, files, receive, work):
    own = await line()
    names = [f"m{number}" for number in range(4)]
    for name in names:
        files.put(name, JPEG + name.encode())
    message = await receive(own, *(announced(name, filename=f"{name}.jpg") for name in names))
    await work()
    assert [each["file_name"] for each in own.media(message)] == [f"{name}.jpg" for name in names]


async def test_links_are_for_the_organization_and_lead_to_the_bytes(shown, line, tx_as, http, tenants):
    (own, message), other = shown, await line()
    with tenants.database() as database:
        (chat,) = database.execute("SELECT chat_id FROM messages WHERE id = %s", [message]).fetchone()
    async with tx_as(own.org.agent("read"), scope="read", read_only=True) as tx:
        (told,) = (await conversations.list_messages(tx, chat_id=chat, cursor=None, limit=1)).data
    async with tx_as(other.org.agent("read"), scope="read", read_only=True) as tx:
        with pytest.raises(NotFound):
            await conversations.list_messages(tx, chat_id=chat, cursor=None, limit=1)
    (link,) = told.files
    address = urlsplit(str(link.url))
    got = await http.get(address.path, params=dict(parse_qsl(address.query)))
    assert (got.status_code, got.content) == (200, JPEG)


async def test_a_file_whose_checksum_is_another_is_tried_twice_and_never_shown(line, files, receive, work):
    own = await line()
    files.put("m1", JPEG)
    message = await receive(own, announced("m1", "00" * 32))
    assert (await work()).postponed == 1
    own.due()
    assert (await work()).failed == 1
    (media,) = own.media(message)
    assert (media["status"], media["failure"], media["sha256"]) == ("failed", "damaged", None)


async def test_a_file_that_meta_no_longer_has_is_gone_after_three_tries(line, files, receive, work):
    own = await line()
    message = await receive(own, announced("nothing-there"))
    for _ in range(3):
        await work()
        own.due()
    assert own.media(message)[0]["failure"] == "gone"


@pytest.mark.parametrize(
    "trouble",
    [
        answer(429, b'{"error":{"code":130429,"message":"slow down"}}', "application/json"),
        answer(503, b"", "text/plain"),
        answer(200, b'{"id":"m1","url":', "application/json"),
        answer(401, b'{"error":{"code":190,"message":"token expired"}}', "application/json"),
        b"",
    ],
    ids=["throttled", "down", "truncated", "token expired", "hung up"],
)
async def test_a_failing_meta_is_called_again_later(trouble, line, files, receive, work):
    own = await line()
    sha256 = files.put("m1", JPEG)
    good, files.answers["/v26.0/m1"] = files.answers["/v26.0/m1"], trouble
    message = await receive(own, announced("m1", sha256))
    assert (await work()).postponed == 1
    files.answers["/v26.0/m1"] = good
    assert (await work()).fetched == 0, "not before its time"
    own.due()
    assert (await work()).fetched == 1
    assert own.media(message)[0]["status"] == "stored"


async def test_a_file_over_the_cap_is_not_read_to_its_end(line, files, receive, work):
    own = await line()
    files.put("m1", JPEG)
    files.answers["/files/m1"] = b"HTTP/1.1 200 OK\r\nContent-Length: 104857601\r\n\r\n"
    message = await receive(own, announced("m1"))
    assert (await work()).failed == 1
    assert own.media(message)[0]["failure"] == "too_large"


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "https://example.com/x.jpg", "file:///etc/passwd"])
async def test_an_address_that_is_not_metas_is_never_visited(url, line, files, receive, work):
    own = await line()
    message = await receive(own, Media(kind=FileKind.IMAGE, url=url))
    assert (await work()).failed == 1
    assert own.media(message)[0]["failure"] == "not_allowed"


async def test_a_file_with_an_address_is_fetched_without_a_token(line, files, receive, work):
    own = await line()
    files.put("m1", JPEG)
    message = await receive(own, Media(kind=FileKind.IMAGE, url=f"{files.url}/files/m1"))
    assert (await work()).fetched == 1
    assert own.media(message)[0]["status"] == "stored"
    assert TOKEN not in files.asked[0]


async def test_a_revoked_file_is_erased_before_and_after_its_download(line, files, receive, work):
    own = await line()
    files.put("m1", JPEG)
    fetched = await receive(own, announced("m1"))
    await work()
    waiting = await receive(own, announced("m2"))
    async with service_tx(request_id="test") as tx:
        for message in (fetched, waiting):
            await service.discard(tx, organization_id=own.org.id, message_id=message)
    assert (await work()).erased == 2
    for message in (fetched, waiting):
        (media,) = own.media(message)
        assert (media["status"], media["file_name"], media["sha256"]) == ("deleted", None, None)
        with pytest.raises(NotFound):
            await blobs().get(f"{own.org.id}/{media['id']}")


async def test_a_file_taken_back_while_it_is_fetched_is_erased_all_the_same(line, files, receive, work):
    own = await line()
    files.put("m1", JPEG)
    message = await receive(own, announced("m1"))
    async with service_tx(request_id="test") as tx:
        task = await media_room.take_task(tx, spared=[])
        assert task
        await service.discard(tx, organization_id=own.org.id, message_id=message)
    assert await downloads._perform("test", task) == "fetched"
    assert (await work()).erased == 1
    assert own.media(message)[0]["status"] == "deleted"


async def test_workers_side_by_side_fetch_each_file_once(line, files, receive, work):
    own = await line()
    names = [f"m{number}" for number in range(40)]
    for name in names:
        files.put(name, JPEG + name.encode())
    messages = [await receive(own, announced(name)) for name in names]
    done = await asyncio.gather(*(work() for _ in range(4)))
    assert sum(each.fetched for each in done) == 40
    assert len(files.asked) == 80
    assert {own.media(message)[0]["status"] for message in messages} == {"stored"}


async def test_a_worker_that_died_is_followed_by_another(line, files, receive, work):
    own = await line()
    files.put("m1", JPEG)
    message = await receive(own, announced("m1"))
    async with service_tx(request_id="test") as tx:
        assert await media_room.take_task(tx, spared=[])
    assert (await work()).fetched == 0
    own.due()
    assert (await work()).fetched == 1
    assert own.media(message)[0]["status"] == "stored"
