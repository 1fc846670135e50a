"""Types of files, times ways to store one, times ways to serve it: no browser runs anything of them."""

import itertools
import uuid

import pytest

from shared.kernel.content_types import SHOWN_INLINE

pytestmark = pytest.mark.anyio
RUNS = (
    "text/html", "text/html; charset=utf-8", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml",
    "text/xsl", "application/xslt+xml", "application/rss+xml", "application/mathml+xml", "text/javascript",
    "application/javascript", "text/css", "application/wasm", "text/vtt", "text/cache-manifest",
    "multipart/x-mixed-replace; boundary=x", "application/x-shockwave-flash", "message/rfc822", "model/x3d+xml",
)  # fmt: skip
TWISTED = (
    "image/png, text/html",
    "image/png;text/html",
    "IMAGE/SVG+XML",
    "text/XSL",
    "image/png\ttext/html",
    "*/*",
    "x",
)
HARMLESS = ("text/plain", "application/json", "application/zip")
KINDS = (*RUNS, *TWISTED, *HARMLESS, *sorted(SHOWN_INLINE))
SCRIPT = b"<script>fetch('/mailbox')</script>"
CACHES = "public, max-age=31536000, s-maxage=99, immutable"


@pytest.fixture
def stored(served, storage):
    """`await stored(way, bucket, kind)`: the name of an object put up in that way."""

    async def put(way, bucket, kind):
        name, headers = uuid.uuid4().hex, {"Content-Type": kind, "Cache-Control": CACHES}
        first = f"{name}-first"
        match way:
            case "raw":
                await served("POST", f"object/{bucket}/{name}", content=SCRIPT, headers=headers)
            case "form":
                form = {"data": {"cacheControl": "60", "contentType": kind}, "files": {"file": ("x", SCRIPT)}}
                await served("POST", f"object/{bucket}/{name}", **form)
            case "signed":
                told = (await served("POST", f"object/upload/sign/{bucket}/{name}")).json()
                answer = await storage("PUT", told["url"].removeprefix("/"), content=SCRIPT, headers=headers)
                assert answer.status_code == 200, answer.text
            case "moved" | "copied" | "relabelled":
                put_as = {**headers, "Content-Type": "image/png" if way == "relabelled" else kind}
                await served("POST", f"object/{bucket}/{first}", content=SCRIPT, headers=put_as)
                keys = {"bucketId": bucket, "sourceKey": first, "destinationKey": name}
                if way == "relabelled":
                    keys |= {"copyMetadata": False, "metadata": {"mimetype": kind, "cacheControl": CACHES}}
                await served("POST", f"object/{'move' if way == 'moved' else 'copy'}", json=keys)
        return name

    return put


@pytest.fixture
def serves(served, storage):
    """`await serves(bucket, name, public=…)`: the answers of every address that the object is read at."""

    async def ask(bucket, name, *, public):
        signed = (await served("POST", f"object/sign/{bucket}/{name}", json={"expiresIn": 60})).json()["signedURL"]
        places = [f"object/{bucket}/{name}", f"object/authenticated/{bucket}/{name}", signed.removeprefix("/")]
        places += [f"object/public/{bucket}/{name}"] if public else []
        answers = [await storage("GET", place, key="secret_key") for place in places]
        answers.append(await storage("GET", places[0], key="secret_key", headers={"Range": "bytes=0-3"}))
        answers.append(await storage("HEAD", places[0], key="secret_key"))
        return answers

    return ask


@pytest.mark.parametrize("way", ["raw", "form", "signed", "moved", "copied", "relabelled"])
async def test_nothing_runs_however_it_was_stored_and_is_served(stored, serves, bucket, way):
    for kind in KINDS:
        name = await stored(way, bucket, kind)
        for answer in await serves(bucket, name, public=False):
            headers = answer.headers
            assert headers["content-security-policy"] == "default-src 'none'; sandbox", kind
            assert headers["x-content-type-options"] == "nosniff"
            inline = kind in SHOWN_INLINE
            assert headers.get("content-disposition", "inline").startswith("inline" if inline else "attachment"), kind
            assert "html" not in headers["content-type"]
            assert "," not in headers["content-type"]


@pytest.mark.parametrize("way", ["raw", "form", "signed", "moved", "copied", "relabelled"])
async def test_no_shared_cache_keeps_a_private_object(stored, serves, bucket, way):
    name = await stored(way, bucket, "image/png")
    for answer in await serves(bucket, name, public=False):
        said = answer.headers["cache-control"]
        assert said.startswith("private"), answer.request.url
        assert "public" not in said
        assert "s-maxage" not in said
    again = await serves(bucket, name, public=False)
    assert "authorization" in again[0].headers["vary"].lower()


async def test_a_public_object_keeps_what_its_uploader_said_of_caches(stored, serves, public_bucket):
    name = await stored("raw", public_bucket, "image/png")
    answers = await serves(public_bucket, name, public=True)
    assert answers[3].headers["cache-control"] == CACHES


async def test_an_object_that_has_not_changed_is_as_private(stored, storage, bucket):
    name = await stored("raw", bucket, "image/png")
    answer = await storage("GET", f"object/{bucket}/{name}", key="secret_key", headers={"If-None-Match": "*"})
    assert answer.status_code == 304
    assert answer.headers["cache-control"].startswith("private")


@pytest.fixture
async def narrow(served):
    """Return a bucket that takes pictures of ten bytes and no more."""
    name = f"narrow-{uuid.uuid4().hex}"
    limits = {"file_size_limit": 10, "allowed_mime_types": ["image/*"]}
    await served("POST", "bucket", json={"name": name, **limits})
    return name


async def test_the_rules_of_a_bucket_hold_for_moves_and_copies(served, storage, refused, bucket, narrow):
    files = {
        "page": ("text/html", b"<p>", 415, "InvalidMimeType"),
        "big": ("image/png", b"x" * 11, 413, "EntityTooLarge"),
    }
    for name, (kind, content, status, code) in files.items():
        await served("POST", f"object/{bucket}/{name}", content=content, headers={"Content-Type": kind})
        for verb, target in itertools.product(("move", "copy"), (name, ".emptyFolderPlaceholder", f"a/{name}.png")):
            keys = {"bucketId": bucket, "sourceKey": name, "destinationBucket": narrow, "destinationKey": target}
            answer = await storage("POST", f"object/{verb}", key="secret_key", json=keys)
            expected = (413, "EntityTooLarge") if target.startswith(".empty") else (status, code)
            refused(answer, *expected)
        assert (await served("GET", f"object/{bucket}/{name}")).content == content


async def test_a_copy_cannot_be_called_what_its_bucket_does_not_take(served, storage, refused, narrow):
    await served("POST", f"object/{narrow}/a", content=b"x", headers={"Content-Type": "image/png"})
    keys = {"bucketId": narrow, "sourceKey": "a", "destinationKey": "b", "copyMetadata": False}
    for kind in ("text/html", "image/png,text/html", "image/png/../../text/html"):
        changed = {**keys, "metadata": {"mimetype": kind}}
        refused(await storage("POST", "object/copy", key="secret_key", json=changed), 415, "InvalidMimeType")


async def test_an_allowed_file_may_be_moved_and_copied_there(served, bucket, narrow):
    await served("POST", f"object/{bucket}/a", content=b"x", headers={"Content-Type": "image/PNG"})
    keys = {"bucketId": bucket, "sourceKey": "a", "destinationBucket": narrow}
    await served("POST", "object/copy", json={**keys, "destinationKey": "copy"})
    await served("POST", "object/move", json={**keys, "destinationKey": "moved"})
    assert (await served("GET", f"object/{narrow}/moved")).content == b"x"


@pytest.mark.parametrize("kind", ["image/png,text/html", "text/html,image/png", "image/png\ttext/html"])
async def test_two_types_in_one_are_none_that_a_bucket_takes(storage, refused, narrow, kind):
    answer = await storage("POST", f"object/{narrow}/x", key="secret_key", content=b"x", headers={"Content-Type": kind})
    refused(answer, 415, "InvalidMimeType")
