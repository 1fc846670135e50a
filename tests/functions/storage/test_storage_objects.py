"""Objects over HTTP: put up, read whole and in parts, replaced, described, moved, copied, deleted."""

import base64
import hashlib
import json

import pytest

from tests.support import ranges

pytestmark = pytest.mark.anyio
PDF = {"Content-Type": "application/pdf"}
TEN = ranges.TEN


@pytest.fixture
async def ten(served, bucket):
    """Return an object of ten bytes, and where it is read."""
    await served("POST", f"object/{bucket}/ten.txt", content=TEN, headers={"Content-Type": "text/plain"})
    return f"object/{bucket}/ten.txt"


async def test_an_uploaded_file_is_read_unchanged(served, bucket):
    made = (await served("POST", f"object/{bucket}/a/b.pdf", content=b"%PDF-1", headers=PDF)).json()
    assert made["Key"] == f"{bucket}/a/b.pdf"
    for place in ("object", "object/authenticated"):
        read = await served("GET", f"{place}/{bucket}/a/b.pdf")
        assert (read.content, read.headers["content-type"]) == (b"%PDF-1", "application/pdf")
        assert read.headers["etag"] == f'"{hashlib.md5(b"%PDF-1", usedforsecurity=False).hexdigest()}"'
        assert read.headers["cache-control"] == "private, no-cache"
    about = (await served("GET", f"object/info/{bucket}/a/b.pdf")).json()
    assert (about["id"], about["size"], about["content_type"]) == (made["Id"], 6, "application/pdf")


async def test_a_form_says_type_cache_time_and_metadata_of_its_file(served, bucket):
    fields = {"cacheControl": "60", "metadata": json.dumps({"shipment": "1042"})}
    file = {"file": ("x.png", b"\x89PNG\r\n\r\n--not the boundary", "image/png")}
    await served("POST", f"object/{bucket}/x.png", files=file, data=fields)
    read = await served("GET", f"object/{bucket}/x.png")
    assert read.content == b"\x89PNG\r\n\r\n--not the boundary"
    assert (read.headers["content-type"], read.headers["cache-control"]) == ("image/png", "private, max-age=60")
    # What a cache may keep it may show to a browser, although it was no browser that asked first.
    assert read.headers["access-control-allow-origin"] == "*"
    assert (await served("GET", f"object/info/{bucket}/x.png")).json()["metadata"] == {"shipment": "1042"}


async def test_a_raw_body_says_so_in_headers(served, bucket):
    said = base64.b64encode(json.dumps({"by": "ليلى"}).encode()).decode()
    headers = {**PDF, "cache-control": "max-age=5", "x-metadata": said}
    await served("POST", f"object/{bucket}/a", content=b"", headers=headers)
    about = (await served("GET", f"object/info/{bucket}/a")).json()
    assert (about["metadata"], about["cache_control"], about["size"]) == ({"by": "ليلى"}, "max-age=5", 0)
    assert (await served("GET", f"object/{bucket}/a")).content == b""


@pytest.mark.parametrize("said", ['{"a":' * 9 + "{}" + "}" * 9, '{"a": 1' + "0" * 400 + "}"])
async def test_400_for_metadata_that_some_reader_could_not_read(storage, path, org, said):
    headers = {**PDF, "x-metadata": base64.b64encode(said.encode()).decode()}
    answer = await storage("POST", f"object/{path('a.pdf')}", as_=org.agent("write"), content=b"%PDF", headers=headers)
    assert (answer.status_code, answer.json()["statusCode"]) == (400, "400")
    assert (await storage("GET", f"object/{path('a.pdf')}", as_=org.owner)).json()["code"] == "NoSuchKey"


async def test_a_large_body_without_a_length_comes_whole(served, bucket):
    async def pieces():
        for _ in range(40):
            yield b"x" * 65_000

    await served("POST", f"object/{bucket}/large", content=pieces(), headers=PDF)
    assert (await served("HEAD", f"object/{bucket}/large")).headers["content-length"] == "2600000"


async def test_409_for_a_name_that_is_taken_unless_it_shall_be_replaced(served, storage, refused, ten):
    refused(await storage("POST", ten, key="secret_key", content=b"2"), 409, "KeyAlreadyExists")
    first = (await served("GET", ten.replace("object/", "object/info/", 1))).json()
    await served("POST", ten, content=b"second", headers={"x-upsert": "true"})
    assert (await served("GET", ten)).content == b"second"
    await served("PUT", ten, content=b"third")
    assert (await served("GET", ten)).content == b"third"
    last = (await served("GET", ten.replace("object/", "object/info/", 1))).json()
    assert (last["id"], last["created_at"]) == (first["id"], first["created_at"])
    assert last["version"] != first["version"]
    await served("PUT", f"{ten}.new", content=b"made by PUT")


@pytest.mark.parametrize("case", ranges.CASES, ids=ranges.named)
async def test_a_range_is_answered_as_everywhere(storage, refused, ten, case):
    answer = await storage("GET", ten, key="secret_key", headers={"Range": case.asked})
    ranges.check(answer, case)
    if case.status == 416:
        refused(answer, 416, "InvalidRange", http=416)


async def test_an_empty_object_has_no_part_but_all_of_it(storage, served, ten):
    await served("PUT", ten, content=b"")
    asked = {}
    for text in ("bytes=-5", "bytes=0-", "bytes=0-0", "bytes=-0"):
        asked[text] = (await storage("GET", ten, key="secret_key", headers={"Range": text})).status_code
    assert asked == {"bytes=-5": 200, "bytes=0-": 416, "bytes=0-0": 416, "bytes=-0": 416}


async def test_head_passes_a_range_over(storage, ten):
    head = await storage("HEAD", ten, key="secret_key", headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.headers["content-length"], "content-range" in head.headers) == (200, "10", False)


async def test_a_range_is_returned_only_for_the_same_bytes(storage, ten):
    whole = await storage("GET", ten, key="secret_key")
    etag, modified = whole.headers["etag"], whole.headers["last-modified"]
    for condition, status in ((etag, 206), (modified, 206), (f"W/{etag}", 200), ('"another"', 200)):
        headers = {"Range": "bytes=0-1", "If-Range": condition}
        assert (await storage("GET", ten, key="secret_key", headers=headers)).status_code == status


async def test_304_for_what_the_client_has(storage, ten):
    known = (await storage("HEAD", ten, key="secret_key")).headers
    for headers in (
        {"If-None-Match": known["etag"]},
        {"If-None-Match": f'"other", W/{known["etag"]}'},
        {"If-Modified-Since": known["last-modified"]},
    ):
        answer = await storage("GET", ten, key="secret_key", headers=headers)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", known["etag"])
    for headers in ({"If-None-Match": '"other"'}, {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}):
        assert (await storage("GET", ten, key="secret_key", headers=headers)).status_code == 200


async def test_head_returns_the_headers_of_get(storage, ten):
    got = await storage("GET", ten, key="secret_key")
    head = await storage("HEAD", ten, key="secret_key")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "last-modified", "cache-control", "accept-ranges"):
        assert head.headers[name] == got.headers[name]
    absent = await storage("HEAD", f"{ten}.no", key="secret_key")
    assert (absent.status_code, absent.content) == (400, b"")


async def test_a_download_has_the_requested_name(served, ten):
    assert (await served("GET", ten)).headers["content-disposition"] == "attachment;"
    assert (await served("GET", f"{ten}?download")).headers["content-disposition"] == "attachment;"
    named = (await served("GET", ten, params={"download": 'فاتورة "1".txt\r\nX: y'})).headers["content-disposition"]
    assert named.startswith("attachment; filename=%D9%81%D8%A7")
    assert "%22" in named
    assert "\n" not in named


async def test_no_browser_runs_what_is_in_a_file(served, bucket):
    kinds = {"text/html; charset=utf-8": "text/plain", "image/svg+xml": "image/svg+xml", "application/xml": None}
    for number, (kind, shown) in enumerate(kinds.items()):
        await served("POST", f"object/{bucket}/{number}", content=b"<script>", headers={"Content-Type": kind})
        headers = (await served("GET", f"object/{bucket}/{number}")).headers
        assert headers["content-type"].startswith(shown or kind)
        assert headers["x-content-type-options"] == "nosniff"
        assert shown == "text/plain" or "sandbox" in headers["content-security-policy"]


async def test_moving_keeps_the_bytes_and_frees_the_name(served, storage, refused, bucket, ten):
    keys = {"bucketId": bucket, "sourceKey": "ten.txt", "destinationKey": "صورة/ten.txt"}
    moved = (await served("POST", "object/move", json=keys)).json()
    assert (moved["message"], moved["Key"]) == ("Successfully moved", f"{bucket}/صورة/ten.txt")
    assert (await served("GET", f"object/{bucket}/صورة/ten.txt")).content == TEN
    refused(await storage("GET", ten, key="secret_key"), 404, "NoSuchKey")
    refused(await storage("POST", "object/move", key="secret_key", json=keys), 404, "NoSuchKey")


async def test_copying_takes_metadata_along_unless_others_are_given(served, bucket, public_bucket, ten):
    keys = {"bucketId": bucket, "sourceKey": "ten.txt", "destinationKey": "copy", "destinationBucket": public_bucket}
    copied = (await served("POST", "object/copy", json=keys)).json()
    assert (copied["Key"], copied["name"]) == (f"{public_bucket}/copy", "copy")
    changed = {**keys, "destinationKey": "b", "copyMetadata": False, "metadata": {"mimetype": "image/png"}}
    await served("POST", "object/copy", json=changed)
    await served("DELETE", ten)
    for name, mime_type in (("copy", "text/plain"), ("b", "image/png")):
        read = await served("GET", f"object/public/{public_bucket}/{name}")
        assert (read.content, read.headers["content-type"].partition(";")[0]) == (TEN, mime_type)


async def test_moving_and_copying_never_replace(served, storage, refused, bucket, ten):
    await served("POST", f"object/{bucket}/other", content=b"other")
    keys = {"bucketId": bucket, "sourceKey": "ten.txt", "destinationKey": "other"}
    for verb in ("move", "copy"):
        refused(await storage("POST", f"object/{verb}", key="secret_key", json=keys), 409, "KeyAlreadyExists")
        unknown = {**keys, "destinationBucket": "no-such-bucket"}
        refused(await storage("POST", f"object/{verb}", key="secret_key", json=unknown), 400, "InvalidRequest")
        outside = {**keys, "destinationKey": "../other"}
        refused(await storage("POST", f"object/{verb}", key="secret_key", json=outside), 400, "InvalidKey")
    assert (await served("GET", f"object/{bucket}/other")).content == b"other"
    await served("POST", "object/copy", json=keys, headers={"x-upsert": "true"})
    assert (await served("GET", f"object/{bucket}/other")).content == TEN


async def test_deleting_answers_what_went(served, storage, refused, bucket, ten):
    await served("POST", f"object/{bucket}/second", content=b"2")
    answer = await served("DELETE", f"object/{bucket}", json={"prefixes": ["ten.txt", "second", "absent"]})
    assert sorted(each["name"] for each in answer.json()) == ["second", "ten.txt"]
    refused(await storage("DELETE", ten, key="secret_key"), 404, "NoSuchKey")


async def test_400_for_what_a_bucket_does_not_take(served, storage, refused):
    limits = {"file_size_limit": "10B", "allowed_mime_types": ["image/*", "application/pdf"]}
    await served("POST", "bucket", json={"name": f"small {id(limits)}", **limits})
    place = f"object/small {id(limits)}/x"
    long = await storage("POST", place, key="secret_key", content=b"x" * 11, headers=PDF)
    refused(long, 413, "EntityTooLarge")
    assert long.json()["error"] == "Payload too large"
    refused(
        await storage("POST", place, key="secret_key", files={"file": ("x", b"x" * 11, "image/png")}),
        413,
        "EntityTooLarge",
    )
    for kind in ("text/plain", "images/png", "application/pdfs"):
        answer = await storage("POST", place, key="secret_key", content=b"x", headers={"Content-Type": kind})
        refused(answer, 415, "InvalidMimeType")
    refused(await storage("GET", place, key="secret_key"), 404, "NoSuchKey")
    await served("POST", place, content=TEN, headers=PDF)
    await served("PUT", place, files={"file": ("x", TEN, "image/png")})
    placeholder = f"object/small {id(limits)}/folder/.emptyFolderPlaceholder"
    await served("POST", placeholder, content=b"", headers={"Content-Type": "text/plain"})
    refused(await storage("PUT", placeholder, key="secret_key", content=b"x"), 413, "EntityTooLarge")


@pytest.mark.parametrize(
    "body",
    [
        {"content": b"", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"--x\r\nno form\r\n\r\n--x--", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"--x\r\n" + b"a" * 300_000, "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"data": {"cacheControl": "1"}, "files": {"a": (None, b"field")}},
    ],
)
async def test_400_for_a_form_without_a_file(storage, refused, bucket, body):
    refused(await storage("POST", f"object/{bucket}/x", key="secret_key", **body), 400, "InvalidRequest")
    refused(await storage("GET", f"object/{bucket}/x", key="secret_key"), 404, "NoSuchKey")


async def test_404_for_what_no_route_answers(storage, refused, bucket):
    for verb, path in (
        ("GET", ""),
        ("GET", f"render/image/authenticated/{bucket}/x"),
        ("POST", "upload/resumable"),
        ("PATCH", f"object/{bucket}/x"),
        ("GET", f"object/{bucket}"),
    ):
        refused(await storage(verb, path, key="secret_key"), 404, "NoSuchRoute", http=404)
