"""Files by key, the same in a directory and in a bucket; links that end, and that nobody but us can make."""

import io
import os
import stat
import time
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from shared.kernel.errors import NotFound, Unavailable
from shared.runtime import blobs
from shared.runtime.blobs import Blobs, DirectoryBlobs, S3Blobs, Shown, Span

pytestmark = pytest.mark.anyio
KEY = "0b8f/9e2c"
PARTS = ("key", "type", "name", "inline", "expires", "signature")
SHOWN = Shown("application/pdf", 'فاتورة "3".pdf', inline=False)


@pytest.fixture
def directory(tmp_path):
    return DirectoryBlobs(tmp_path / "media", b"signing key", "http://nexus.test")


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="nexus-media")
        yield S3Blobs("nexus-media", "shop", None)


@pytest.fixture(params=["directory", "bucket"])
def store(request):
    return request.getfixturevalue(request.param)


async def read(store: Blobs, key: str) -> bytes:
    return b"".join([piece async for piece in await store.get(key)])


async def test_a_file_is_read_as_it_was_put_and_gone_once_deleted(store):
    content = os.urandom(600_000)
    file = io.BytesIO(content)
    file.read(10)
    await store.put(KEY, file, content_type="application/pdf")
    assert await read(store, KEY) == content
    await store.delete(KEY)
    await store.delete(KEY)
    with pytest.raises(NotFound):
        await store.get(KEY)


@pytest.mark.parametrize(("start", "length"), [(0, 1), (262_140, 10), (599_999, 1), (0, 600_000)])
async def test_a_part_of_a_file_is_read_by_itself(store, start, length):
    content = os.urandom(600_000)
    await store.put(KEY, io.BytesIO(content), content_type="application/pdf")
    pieces = [piece async for piece in await store.get(KEY, span=Span(start, length))]
    assert b"".join(pieces) == content[start : start + length]


async def test_a_copy_lives_on_when_the_file_is_deleted(store):
    await store.put(KEY, io.BytesIO(b"%PDF"), content_type="application/pdf")
    await store.copy(KEY, "0b8f/copy")
    await store.delete(KEY)
    assert await read(store, "0b8f/copy") == b"%PDF"
    with pytest.raises(NotFound):
        await store.copy(KEY, "0b8f/other")


@pytest.mark.parametrize("key", ["../x/y", "/etc/passwd", "a", "a//b", "a/../b", "a/b\n", "A/b", "a/b/c/d/e", "ا/ب"])
async def test_a_key_that_we_would_not_make_is_refused(store, key):
    with pytest.raises(ValueError, match="not a key of ours"):
        await store.put(key, io.BytesIO(b""), content_type="text/plain")


async def test_a_link_shows_the_file_as_it_was_said_until_it_ends(directory, monkeypatch):
    await directory.put(KEY, io.BytesIO(b"%PDF"), content_type="application/pdf")
    link = urlsplit(await directory.presign(KEY, SHOWN, ttl_s=60))
    said = dict(parse_qsl(link.query))
    found = directory.linked(said)
    assert (found.key, found.shown, found.size) == (KEY, SHOWN, 4)
    assert f"{link.scheme}://{link.netloc}{link.path}" == "http://nexus.test/functions/v1/media-file"
    later = time.time() + 61
    monkeypatch.setattr("shared.runtime.blobs.time.time", lambda: later)
    with pytest.raises(NotFound):
        directory.linked(said)


@pytest.mark.parametrize("name", PARTS)
async def test_a_link_of_which_any_part_was_changed_or_left_out_is_not_valid(directory, name):
    await directory.put(KEY, io.BytesIO(b"%PDF"), content_type="application/pdf")
    said = dict(parse_qsl(urlsplit(await directory.presign(KEY, SHOWN, ttl_s=60)).query))
    for changed in ({**said, name: said[name] + "1"}, {each: said[each] for each in said if each != name}):
        with pytest.raises(NotFound):
            directory.linked(changed)


@given(
    st.dictionaries(st.sampled_from(["key", "type", "name", "inline", "expires", "signature"]), st.text(max_size=40))
)
def test_a_forged_link_is_rejected(said):
    store = DirectoryBlobs(Path("/nonexistent"), b"signing key", "http://nexus.test")
    with pytest.raises(NotFound):
        store.linked(dict(parse_qsl(urlencode(said), keep_blank_values=True)))


async def test_a_link_outlives_its_file_as_not_valid(directory):
    await directory.put(KEY, io.BytesIO(b"x"), content_type="text/plain")
    said = dict(parse_qsl(urlsplit(await directory.presign(KEY, SHOWN, ttl_s=60)).query))
    await directory.delete(KEY)
    with pytest.raises(NotFound):
        directory.linked(said)


async def test_a_link_to_the_bucket_names_type_and_file_name(bucket):
    await bucket.put(KEY, io.BytesIO(b"%PDF"), content_type="application/pdf")
    link = urlsplit(await bucket.presign(KEY, SHOWN, ttl_s=60))
    said = dict(parse_qsl(link.query))
    assert unquote(link.path).endswith("shop/0b8f/9e2c")
    assert (said["X-Amz-Expires"], said["response-content-type"]) == ("60", "application/pdf")
    assert said["response-content-disposition"].startswith('attachment; filename="')


def test_a_file_name_of_a_customers_cannot_leave_its_header():
    disposition = Shown("text/plain", 'a"; evil="1\r\nSet-Cookie: b/../c', inline=True).disposition
    assert disposition.count('"') == 2
    assert not {"\r", "\n", "/"} & set(disposition)


async def test_a_failed_write_leaves_nothing(directory, tmp_path):
    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError("unplugged")

    with pytest.raises(Unavailable):
        await directory.put(KEY, Broken(), content_type="text/plain")
    assert [each for each in (tmp_path / "media").rglob("*") if each.is_file()] == []


async def test_files_of_the_directory_are_for_their_owner_alone(directory, tmp_path):
    await directory.put(KEY, io.BytesIO(b"x"), content_type="text/plain")
    modes = {stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "media").rglob("*")}
    assert not any(mode & 0o077 for mode in modes)


async def test_a_bucket_that_does_not_answer_is_unavailable(bucket):
    bucket._made = Mock(put_object=Mock(side_effect=EndpointConnectionError(endpoint_url="x")))
    with pytest.raises(Unavailable):
        await bucket.put(KEY, io.BytesIO(b"x"), content_type="text/plain")


@pytest.mark.parametrize(("url", "key"), [(None, "k"), ("file:///x", None), ("ftp://x", "k")])
async def test_without_a_place_for_files_it_is_said(monkeypatch, url, key):
    monkeypatch.setattr(blobs, "settings", lambda: Mock(blob_url=url, signing_key=key and Mock()))
    with pytest.raises(blobs.BlobsNotConfigured):
        blobs.blobs.__wrapped__()
