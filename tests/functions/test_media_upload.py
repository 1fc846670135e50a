"""POST /functions/v1/media-upload."""

import hashlib
from datetime import datetime, timedelta

import pytest

from shared.domain.media import service
from shared.kernel.clock import utc_now

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 500

PDF = b"%PDF-1.7 " + b"x" * 500


async def test_201_returns_a_link_that_shows_the_file_to_anybody(upload, read_link, org):
    answer = await upload(PNG, as_=org.agent("write"), file_name="menu.png")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["kind"], body["status"], body["mime_type"]) == ("image", "stored", "image/png")
    assert (body["file_name"], body["size_bytes"]) == ("menu.png", len(PNG))
    until = datetime.fromisoformat(body["expires_at"])
    assert timedelta(0) < until - utc_now() <= timedelta(minutes=5)
    got = await read_link(body["url"])
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, PNG, "image/png")
    assert got.headers["content-disposition"].startswith('inline; filename="menu.png"')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]


async def test_200_returns_the_same_file_for_the_same_bytes(upload, org, tenants):
    first = await upload(PNG, as_=org.agent("write"), file_name="menu.png")
    again = await upload(PNG, as_=org.owner, file_name="menu.png")
    renamed = await upload(PNG, as_=org.owner, file_name="other.png")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert renamed.status_code == 201
    with tenants.database() as database:
        (row,) = database.execute("SELECT sha256 FROM media WHERE id = %s", (first.json()["id"],)).fetchall()
    assert row[0] == hashlib.sha256(PNG).hexdigest()


async def test_201_keeps_a_page_that_would_run_in_a_browser_as_plain_bytes(upload, read_link, org):
    page = b"<html><script>alert(1)</script></html>"
    answer = await upload(page, as_=org.owner, kind="document", mime_type="text/html", file_name="a.html")
    assert answer.json()["mime_type"] == "application/octet-stream"
    got = await read_link(answer.json()["url"])
    assert got.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("kind", ["image", "video", "audio", "sticker"])
async def test_415_for_bytes_of_another_kind_than_declared(kind, upload, org):
    answer = await upload(PDF, as_=org.owner, kind=kind)
    assert (answer.status_code, answer.json()["error"], answer.json()["kind"]) == (415, "unknown_file_type", kind)


async def test_422_for_an_empty_file_and_for_an_unknown_kind(upload, org):
    empty = await upload(b"", as_=org.owner)
    assert (empty.status_code, empty.json()["error"]) == (422, "empty_file")
    wrong = await upload(PNG, as_=org.owner, kind="hologram")
    assert (wrong.status_code, wrong.json()["error"]) == (422, "invalid_request")


async def test_413_for_a_file_that_is_too_large_for_every_channel(upload, org, monkeypatch):
    monkeypatch.setattr(service, "MOST_BYTES", 1000)
    answer = await upload(PNG, as_=org.owner)
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")
    assert answer.json()["limit_bytes"] == 1000


async def test_403_for_an_agent_that_may_only_read(upload, org):
    answer = await upload(PNG, as_=org.agent("read"))
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_201_keeps_the_same_bytes_of_two_organizations_apart(upload, org, other_org):
    mine, theirs = await upload(PNG, as_=org.owner), await upload(PNG, as_=other_org.owner)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]
