"""Files that people put up, links to read them at, and what a link of somebody else's leads to."""

import hashlib
import uuid
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from shared.domain.media import service
from shared.kernel.clock import utc_now
from tests.support import ranges

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 500
PDF = b"%PDF-1.7 " + b"x" * 500


@pytest.fixture
def upload(call):
    """`await upload(content, as_=..., kind=...)`: the answer of media-upload."""

    async def put(content, *, as_, kind="image", mime_type="image/png", **query):
        headers = {"Content-Type": mime_type}
        return await call("media-upload", as_=as_, params={"kind": kind, **query}, content=content, headers=headers)

    return put


@pytest.fixture
def read(http):
    """`await read(url)`: what the address answers to anybody."""

    async def get(url, **changed):
        parts = urlsplit(url)
        return await http.get(parts.path, params={**dict(parse_qsl(parts.query)), **changed})

    return get


async def test_201_and_a_link_that_shows_the_file_to_whoever_has_it(upload, read, org):
    answer = await upload(PNG, as_=org.agent("write"), file_name="menu.png")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["kind"], body["status"], body["mime_type"]) == ("image", "stored", "image/png")
    assert (body["file_name"], body["size_bytes"]) == ("menu.png", len(PNG))
    until = datetime.fromisoformat(body["expires_at"])
    assert timedelta(0) < until - utc_now() <= timedelta(minutes=5)
    got = await read(body["url"])
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, PNG, "image/png")
    assert got.headers["content-disposition"].startswith('inline; filename="menu.png"')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]


async def test_a_pdf_is_shown_in_place_in_a_sandbox(upload, read, org):
    answer = await upload(PDF, as_=org.owner, kind="document", mime_type="application/pdf", file_name="menu.pdf")
    got = await read(answer.json()["url"])
    assert got.headers["content-disposition"].startswith("inline;")
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_nothing_that_runs_is_shown_in_place_whatever_its_sender_calls_it(upload, read, org):
    for mime_type in ("text/html", "text/xsl", "image/svg+xml", "application/xml", "text/javascript", "image/png"):
        content = f"<script>{mime_type}</script>".encode()
        answer = await upload(content, as_=org.owner, kind="document", mime_type=mime_type, file_name="a.png")
        got = await read(answer.json()["url"])
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"].startswith("attachment;")
        assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_200_and_the_same_file_for_the_same_bytes_again(upload, org, tenants):
    first = await upload(PNG, as_=org.agent("write"), file_name="menu.png")
    again = await upload(PNG, as_=org.owner, file_name="menu.png")
    renamed = await upload(PNG, as_=org.owner, file_name="other.png")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert renamed.status_code == 201
    with tenants.database() as database:
        (row,) = database.execute("SELECT sha256 FROM media WHERE id = %s", (first.json()["id"],)).fetchall()
    assert row[0] == hashlib.sha256(PNG).hexdigest()


async def test_a_document_is_a_download_under_the_name_it_was_given(upload, read, org):
    answer = await upload(b"a,b", as_=org.owner, kind="document", mime_type="text/csv", file_name="فاتورة.csv")
    got = await read(answer.json()["url"])
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%D9%81" in got.headers["content-disposition"]


async def test_what_would_run_in_a_browser_is_kept_as_bytes_alone(upload, read, org):
    page = b"<html><script>alert(1)</script></html>"
    answer = await upload(page, as_=org.owner, kind="document", mime_type="text/html", file_name="a.html")
    assert answer.json()["mime_type"] == "application/octet-stream"
    got = await read(answer.json()["url"])
    assert got.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("kind", ["image", "video", "audio", "sticker"])
async def test_415_for_bytes_that_are_not_of_the_kind_they_are_to_be_sent_as(kind, upload, org):
    answer = await upload(PDF, as_=org.owner, kind=kind)
    assert (answer.status_code, answer.json()["error"], answer.json()["kind"]) == (415, "unknown_file_type", kind)


async def test_422_for_nothing_and_for_a_kind_that_is_none(upload, org):
    empty = await upload(b"", as_=org.owner)
    assert (empty.status_code, empty.json()["error"]) == (422, "empty_file")
    wrong = await upload(PNG, as_=org.owner, kind="hologram")
    assert (wrong.status_code, wrong.json()["error"]) == (422, "invalid_request")


async def test_413_for_a_file_that_no_channel_carries(upload, org, monkeypatch):
    monkeypatch.setattr(service, "MOST_BYTES", 1000)
    answer = await upload(PNG, as_=org.owner)
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")
    assert answer.json()["limit_bytes"] == 1000


async def test_403_before_the_bytes_for_who_may_not_write(upload, org):
    answer = await upload(PNG, as_=org.agent("read"))
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


@pytest.fixture
def ten(upload, org, http):
    """`await ten(method, headers)`: what a link to a file of ten bytes answers."""

    async def ask(method="GET", headers=None, content=ranges.TEN):
        url = urlsplit((await upload(content, as_=org.owner, kind="document")).json()["url"])
        return await http.request(method, url.path, params=dict(parse_qsl(url.query)), headers=headers)

    return ask


@pytest.mark.parametrize("case", ranges.CASES, ids=ranges.named)
async def test_a_range_is_answered_as_everywhere(ten, case):
    answer = await ten(headers={"Range": case.asked})
    ranges.check(answer, case)
    if case.status == 416:
        assert (answer.json()["error"], answer.json()["size_bytes"]) == ("range_not_satisfiable", 10)


async def test_head_passes_a_range_over(ten):
    head, got = await ten("HEAD", {"Range": "bytes=0-1"}), await ten()
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")
    for name in ("content-type", "etag", "last-modified", "cache-control", "accept-ranges", "content-disposition"):
        assert head.headers[name] == got.headers[name]


async def test_a_part_is_asked_for_only_of_the_same_bytes(ten):
    known = (await ten()).headers
    for condition, status in (
        (known["etag"], 206),
        (known["last-modified"], 206),
        (f"W/{known['etag']}", 200),
        ('"another"', 200),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 200),
    ):
        answer = await ten(headers={"Range": "bytes=0-1", "If-Range": condition})
        assert (condition, answer.status_code) == (condition, status)


@pytest.mark.parametrize("name", ["key", "type", "name", "inline", "expires", "signature"])
async def test_404_for_a_link_of_which_anything_was_changed(name, upload, read, org):
    url = (await upload(PNG, as_=org.owner)).json()["url"]
    said = dict(parse_qsl(urlsplit(url).query))
    answer = await read(url, **{name: said[name] + "0"})
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_404_for_a_link_without_anything(http):
    assert (await http.get("/functions/v1/media-file")).status_code == 404


async def test_405_for_any_other_method_on_a_file(http):
    answer = await http.post("/functions/v1/media-file")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_a_link_is_given_anew_to_the_organization_alone(upload, call, org, other_org):
    media_id = (await upload(PNG, as_=org.owner)).json()["id"]
    mine = await call("media-link", as_=org.agent("read"), method="GET", params={"id": media_id})
    assert (mine.status_code, mine.json()["id"]) == (200, media_id)
    assert mine.json()["url"].startswith("http")
    for wanted in (media_id, str(uuid.uuid4())):
        theirs = await call("media-link", as_=other_org.owner, method="GET", params={"id": wanted})
        assert (theirs.status_code, theirs.json()["error"]) == (404, "not_found")


async def test_a_file_that_is_not_there_yet_has_no_address(call, org, tenants):
    media_id = uuid.uuid4()
    with tenants.database() as database:
        database.execute(
            "INSERT INTO media (id, organization_id, origin, kind, status)"
            " VALUES (%s, %s, 'channel', 'audio', 'waiting')",
            (media_id, org.id),
        )
    body = (await call("media-link", as_=org.owner, method="GET", params={"id": str(media_id)})).json()
    assert (body["status"], body["url"], body["expires_at"]) == ("waiting", None, None)
