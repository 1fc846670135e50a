"""/storage/v1 as the official Python client calls it, synchronously and asynchronously."""

import io

import httpx
import pytest
from storage3.exceptions import StorageApiError
from supabase import AsyncClientOptions, ClientOptions, acreate_client, create_client

NAME = "مجلد/صورة 1.png"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def client(base_url, address, keys):
    """Yield a synchronous client with the key of that name."""
    with httpx.Client(timeout=30) as connection:

        def make(key):
            options = ClientOptions(headers={"X-Forwarded-For": address}, httpx_client=connection)
            return create_client(base_url, getattr(keys, key), options).storage

        yield make


@pytest.fixture
async def aclient(base_url, address, keys):
    async with httpx.AsyncClient(timeout=30) as connection:

        async def make(key):
            options = AsyncClientOptions(headers={"X-Forwarded-For": address}, httpx_client=connection)
            return (await acreate_client(base_url, getattr(keys, key), options)).storage

        yield make


@pytest.fixture
def name(request):
    return f"client {abs(hash(request.node.nodeid))}"


@pytest.mark.parametrize("key", ["secret_key", "service_role_key"])
def test_buckets_synchronously(client, name, key):
    storage = client(key)
    made = storage.create_bucket(name, options={"public": True, "file_size_limit": 1000})
    assert made == {"name": name}
    assert storage.get_bucket(name).file_size_limit == 1000
    storage.update_bucket(name, {"public": False, "allowed_mime_types": ["image/*"]})
    found = storage.get_bucket(name)
    assert (found.public, found.allowed_mime_types) == (False, ["image/*"])
    assert name in [bucket.name for bucket in storage.list_buckets()]
    storage.from_(name).upload("a.png", PNG, {"content-type": "image/png"})
    with pytest.raises(StorageApiError) as full:
        storage.delete_bucket(name)
    assert (full.value.status, full.value.code) == ("409", "ResourceNotEmpty")
    storage.empty_bucket(name)
    assert storage.delete_bucket(name) == {"message": "Successfully deleted"}


def test_objects_synchronously(client, name):
    storage = client("secret_key")
    storage.create_bucket(name)
    files = storage.from_(name)
    options = {"content-type": "image/png", "cache-control": "60", "metadata": {"shot": "1"}}
    made = files.upload(NAME, PNG, options)
    assert (made.path, made.full_path) == (NAME, f"{name}/{NAME}")
    assert files.download(NAME) == PNG
    about = files.info(NAME)
    assert (about["metadata"], about["cache_control"]) == ({"shot": "1"}, "max-age=60")
    with pytest.raises(StorageApiError) as taken:
        files.upload(NAME, PNG)
    assert (taken.value.status, taken.value.code) == ("409", "Duplicate")
    files.upload(NAME, io.BufferedReader(io.BytesIO(b"2")), {"upsert": "true"})
    files.update(NAME, b"3")
    assert files.download(NAME) == b"3"
    files.copy(NAME, "b.png")
    files.move("b.png", "c/b.png")
    assert (files.exists("c/b.png"), files.exists("b.png")) == (True, False)
    assert [each["name"] for each in files.list()] == ["c", "مجلد"]
    assert [each["name"] for each in files.list("مجلد", {"search": "صورة"})] == ["صورة 1.png"]
    page = files.list_v2({"with_delimiter": True, "limit": 1})
    assert (page.hasNext, page.folders[0].name) == (True, "c/")
    rest = files.list_v2({"with_delimiter": True, "cursor": page.nextCursor})
    assert (rest.hasNext, rest.folders[0].name) == (False, "مجلد/")
    assert {each["name"] for each in files.remove([NAME, "c/b.png", "none"])} == {NAME, "c/b.png"}
    storage.delete_bucket(name)


def test_addresses_synchronously(client, name):
    storage = client("secret_key")
    storage.create_bucket(name, options={"public": True})
    files = storage.from_(name)
    files.upload(NAME, PNG, {"content-type": "image/png"})
    signed = files.create_signed_url(NAME, 60, {"download": "x.png"})["signedURL"]
    many = files.create_signed_urls([NAME, "none"], 60)
    public = files.get_public_url(NAME)
    with httpx.Client() as anybody:
        for url in (signed, many[0]["signedURL"], public):
            assert anybody.get(url).content == PNG
        assert "x.png" in anybody.get(signed).headers["content-disposition"]
    assert many[1]["error"]
    upload = files.create_signed_upload_url("up.png")
    files.upload_to_signed_url("up.png", upload["token"], PNG, {"content-type": "image/png"})
    assert files.download("up.png") == PNG


@pytest.mark.anyio
async def test_everything_asynchronously(aclient, name):
    storage = await aclient("secret_key")
    await storage.create_bucket(name)
    files = storage.from_(name)
    await files.upload(NAME, PNG, {"content-type": "image/png"})
    await files.update(NAME, PNG + b"2", {"content-type": "image/png"})
    assert await files.download(NAME) == PNG + b"2"
    assert (await files.info(NAME))["content_type"] == "image/png"
    signed = (await files.create_signed_url(NAME, 60))["signedURL"]
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(signed)).content == PNG + b"2"
    upload = await files.create_signed_upload_url("up")
    await files.upload_to_signed_url("up", upload["token"], PNG)
    await files.copy("up", "b")
    await files.move("b", "c")
    assert [each["name"] for each in await files.list()] == ["c", "up", "مجلد"]
    assert len((await files.list_v2()).objects) == 3
    await files.remove(["c"])
    assert not await files.exists("c")
    await storage.empty_bucket(name)
    await storage.delete_bucket(name)
    with pytest.raises(StorageApiError) as gone:
        await storage.get_bucket(name)
    assert (gone.value.status, gone.value.message) == ("404", "Bucket not found")


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["publishable_key", "anon_key"])
async def test_an_agent_and_a_person_work_with_their_own_tokens(aclient, org, other_org, key):
    for caller in (org.agent(), org.owner):
        storage = await aclient(key)
        storage.session.headers.update(caller.headers)
        storage._headers.update(caller.headers)
        files = storage.from_("labels")
        mine, theirs = f"{org.id}/{caller.id}.pdf", f"{other_org.id}/x.pdf"
        await files.upload(mine, b"%PDF", {"content-type": "application/pdf"})
        assert await files.download(mine) == b"%PDF"
        with pytest.raises(StorageApiError) as refused:
            await files.upload(theirs, b"%PDF", {"content-type": "application/pdf"})
        assert (refused.value.status, refused.value.code) == ("403", "Unauthorized")
        assert refused.value.message == "new row violates row-level security policy"
        assert len(await files.remove([mine])) == 1
