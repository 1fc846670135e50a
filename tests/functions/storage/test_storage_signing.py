"""Signed addresses: what they open, for how long, and what else they do not."""

import asyncio
import hashlib
import hmac
import time
from urllib.parse import quote, urlsplit

import jwt
import pytest

from shared.auth import tokens
from shared.platform.storage import links

pytestmark = pytest.mark.anyio
NAME = "صور/a b?#%1.png"


@pytest.fixture
async def picture(served, bucket):
    """Return an object with a name that an address has to take care of; its place in an address."""
    place = f"{bucket}/{quote(NAME)}"
    await served("POST", f"object/{place}", content=b"\x89PNG", headers={"Content-Type": "image/png"})
    return place


@pytest.fixture
def signed(served):
    async def sign(place, expires_in=60):
        told = (await served("POST", f"object/sign/{place}", json={"expiresIn": expires_in})).json()
        return told["signedURL"].removeprefix("/")

    return sign


async def test_an_address_is_readable_by_anybody_until_it_expires(storage, refused, signed, picture, monkeypatch):
    address = await signed(picture, "60")
    assert address.startswith("object/sign/")
    read = await storage("GET", address)
    assert (read.status_code, read.content, read.headers["content-type"]) == (200, b"\x89PNG", "image/png")
    assert "expires" in read.headers
    assert (await storage("HEAD", address)).headers["content-length"] == "4"
    assert (await storage("GET", f"{address}&download=a.png", headers={"Range": "bytes=0-0"})).status_code == 206
    long_ago = time.time() - 61
    monkeypatch.setattr("shared.platform.storage.links.time.time", lambda: long_ago)
    refused(await storage("GET", await signed(picture)), 400, "InvalidJWT")


async def test_an_address_opens_nothing_else(storage, served, refused, signed, picture):
    bucket = picture.partition("/")[0]
    await served("POST", f"object/{bucket}/other.png", content=b"other")
    address = await signed(picture)
    token = address.partition("token=")[2]
    for path in (f"object/sign/{bucket}/other.png", f"object/sign/other/{quote(NAME)}"):
        refused(await storage("GET", f"{path}?token={token}"), 400, "InvalidSignature")
    refused(await storage("PUT", f"object/upload/sign/{picture}?token={token}", content=b"x"), 400, "InvalidSignature")
    refused(await storage("GET", address[:-3]), 400, "InvalidJWT")
    refused(await storage("GET", address.partition("?")[0]), 400, "InvalidRequest")
    bearer = {"Authorization": f"Bearer {token}"}
    refused(await storage("GET", f"object/authenticated/{picture}", headers=bearer), 403, "AccessDenied")


@pytest.mark.parametrize("kind", ["another secret", "no signature", "an access token", "a token without an end"])
async def test_only_our_key_can_sign(storage, refused, services, picture, kind):
    now = int(time.time())
    claims = {"url": f"{picture.partition('/')[0]}/{NAME}", "scope": "download", "iat": now, "exp": now + 60}
    token = {
        "another secret": lambda: jwt.encode(claims, services.secrets.pepper.encode() * 2, algorithm="HS256"),
        "no signature": lambda: jwt.encode(claims, "", algorithm="none"),
        "an access token": lambda: tokens.mint({**claims, "role": "service_role"}, ttl_s=60),
        "a token without an end": lambda: jwt.encode(
            {name: value for name, value in claims.items() if name != "exp"},
            hmac.digest(services.secrets.pepper.encode(), b"storage addresses", hashlib.sha256),
            algorithm="HS256",
        ),
    }[kind]()
    refused(await storage("GET", f"object/sign/{picture}?token={token}"), 400, "InvalidJWT")


@pytest.mark.parametrize("expires_in", [60, "60", 60.0])
async def test_many_addresses_at_once_and_an_error_for_what_is_not_there(served, storage, bucket, picture, expires_in):
    body = {"expiresIn": expires_in, "paths": ["absent", NAME]}
    absent, found = (await served("POST", f"object/sign/{bucket}", json=body)).json()
    assert (absent["signedURL"], absent["path"]) == (None, "absent")
    assert absent["error"] == "Either the object does not exist or you do not have access to it"
    assert (found["error"], found["path"]) == (None, NAME)
    assert (await storage("GET", found["signedURL"].removeprefix("/"))).content == b"\x89PNG"


@pytest.mark.parametrize("expires_in", [0, -1, "soon", 10**12, None, 60.5, True])
async def test_400_for_an_invalid_time(storage, refused, picture, expires_in):
    body = {"expiresIn": expires_in}
    refused(await storage("POST", f"object/sign/{picture}", key="secret_key", json=body), 400, "InvalidRequest")


async def test_a_caller_who_may_not_read_signs_nothing(storage, refused, org, other_org, served):
    await served("POST", f"object/labels/{org.id}/a.pdf", content=b"%PDF", headers={"Content-Type": "application/pdf"})
    place, body = f"labels/{org.id}/a.pdf", {"expiresIn": 60}
    for asked in ({"as_": other_org.owner}, {"key": "publishable_key"}):
        refused(await storage("POST", f"object/sign/{place}", json=body, **asked), 404, "NoSuchKey")
        many = await storage("POST", "object/sign/labels", json={**body, "paths": [f"{org.id}/a.pdf"]}, **asked)
        assert many.json()[0]["signedURL"] is None
        refused(await storage("POST", f"object/upload/sign/{place}", **asked), 403, "AccessDenied")
    told = await storage("POST", f"object/sign/{place}", as_=org.agent("read"), json=body)
    assert (await storage("GET", told.json()["signedURL"].removeprefix("/"))).content == b"%PDF"


async def test_an_upload_address_uploads_its_object_for_its_signer(storage, served, refused, path, org):
    agent = org.agent("write")
    told = (await storage("POST", f"object/upload/sign/{path('a b.pdf')}", as_=agent)).json()
    address = told["url"].removeprefix("/")
    assert address.endswith(told["token"])
    pdf = {"Content-Type": "application/pdf"}
    assert (await storage("PUT", address, content=b"%PDF", headers=pdf)).json()["Key"] == path("a b.pdf")
    listed = (await served("DELETE", "object/labels", json={"prefixes": [f"{org.id}/a b.pdf"]})).json()
    assert listed[0]["owner_id"] == str(agent.id)
    refused(await storage("PUT", address, content=b"%PDF", headers=pdf), 400, "InvalidJWT")
    refused(await storage("GET", address.replace("/upload/", "/")), 400, "InvalidSignature")
    html = {"Content-Type": "text/html"}
    again = (await storage("POST", f"object/upload/sign/{path('b')}", as_=agent)).json()["url"].removeprefix("/")
    refused(await storage("PUT", again, content=b"<p>", headers=html), 415, "InvalidMimeType")


async def test_an_upload_address_replaces_only_where_that_was_signed(storage, refused, path, org):
    headers = {"Content-Type": "text/plain"}
    agent = org.agent("write")
    await storage("POST", f"object/{path('a')}", as_=agent, content=b"1", headers=headers)
    refused(await storage("POST", f"object/upload/sign/{path('a')}", as_=agent), 409, "KeyAlreadyExists")
    told = await storage("POST", f"object/upload/sign/{path('a')}", as_=agent, headers={"x-upsert": "true"})
    address = told.json()["url"].removeprefix("/")
    assert (await storage("PUT", address, content=b"2", headers=headers)).status_code == 200
    assert (await storage("GET", f"object/{path('a')}", as_=agent)).content == b"2"
    refused(await storage("PUT", address, content=b"3", headers=headers), 400, "InvalidJWT")


async def test_an_upload_address_used_several_times_at_once_works_once(storage, path, org):
    headers, agent = {"Content-Type": "text/plain"}, org.agent("write")
    for number in range(5):
        place = f"object/upload/sign/{path(str(number))}"
        told = await storage("POST", place, as_=agent, headers={"x-upsert": "true"})
        address = told.json()["url"].removeprefix("/")
        answers = await asyncio.gather(*(storage("PUT", address, content=b"1", headers=headers) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
        assert {answer.json().get("code") for answer in answers} == {None, "InvalidJWT"}


@pytest.mark.parametrize("how", ["key revoked", "lower plan", "removed"])
async def test_an_upload_address_ends_with_its_makers_right(*, storage, refused, path, org, tenants, how):
    maker = org.person("member") if how == "removed" else org.agent("write")
    told = await storage("POST", f"object/upload/sign/{path('a')}", as_=maker)
    statement = {
        "key revoked": "UPDATE agent_api_keys SET is_active = false WHERE id = %(key)s",
        "lower plan": "UPDATE organizations SET plan_code = 'free' WHERE id = %(org)s",
        "removed": "DELETE FROM organization_members WHERE user_id = %(id)s",
    }[how]
    with tenants.database() as database:
        database.execute(statement, {"key": maker.key_id, "org": org.id, "id": maker.id})
    answer = await storage("PUT", told.json()["url"].removeprefix("/"), content=b"1")
    refused(answer, 403, "AccessDenied")
    assert answer.json()["message"] == ENDED
    assert (await storage("GET", f"object/{path('a')}", as_=org.owner)).json()["code"] == "NoSuchKey"


async def test_an_upload_by_address_is_a_call_of_its_maker(storage, call, path, org):
    agent = org.agent("write")

    async def calls():
        usage = (await call("agent-usage", method="GET", as_=org.owner)).json()["usage"]
        return usage["api_calls"]["used"]

    told = await storage("POST", f"object/upload/sign/{path('a')}", as_=agent)
    before = await calls()
    headers = {"Content-Type": "text/plain"}
    answer = await storage("PUT", told.json()["url"].removeprefix("/"), content=b"1", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["ratelimit-policy"] == '"standard";q=100;w=60'
    assert await calls() == before + 2


def test_an_address_escapes_only_what_would_end_its_path():
    address = links._address("b", NAME, 60, {})
    assert urlsplit(address).path == "/object/sign/b/صور/a b%3F%23%251.png"


ENDED = "this link has ended: ask who sent it for a new one"
ENDS = {
    "key revoked": "UPDATE agent_api_keys SET is_active = false, revoked_at = now() WHERE id = %(key)s",
    "key expired": "UPDATE agent_api_keys SET expires_at = now() - interval '1 s' WHERE id = %(key)s",
    "agent banned": "UPDATE auth.users SET banned_until = now() + interval '1 h' WHERE id = %(agent)s",
    "person removed": "DELETE FROM organization_members WHERE user_id = %(person)s",
    "person banned": "UPDATE auth.users SET banned_until = now() + interval '1 h' WHERE id = %(person)s",
    "person deleted": "UPDATE auth.users SET deleted_at = now() WHERE id = %(person)s",
}


@pytest.mark.parametrize("end", ENDS)
async def test_an_address_ends_with_the_right_of_its_maker(*, storage, served, org, tenants, end):
    place = f"labels/{org.id}/a.pdf"
    await served("POST", f"object/{place}", content=b"%PDF", headers={"Content-Type": "application/pdf"})
    agent, person = org.agent("write"), org.person("admin")
    maker = person if end.startswith("person") else agent
    told = await storage("POST", f"object/sign/{place}", as_=maker, json={"expiresIn": 3600})
    many = await storage("POST", "object/sign/labels", as_=maker, json={"expiresIn": 60, "paths": [f"{org.id}/a.pdf"]})
    addresses = [each.removeprefix("/") for each in (told.json()["signedURL"], many.json()[0]["signedURL"])]
    upload = await storage("POST", f"object/upload/sign/labels/{org.id}/b.pdf", as_=maker)
    assert [(await storage("GET", each)).status_code for each in addresses] == [200, 200]
    with tenants.database() as database:
        database.execute(ENDS[end], {"key": agent.key_id, "agent": agent.id, "person": person.id})
    for each in addresses:
        answer = await storage("GET", each)
        assert (answer.status_code, answer.json()["code"]) == (400, "AccessDenied")
        assert answer.json()["message"] == ENDED
    pdf = {"Content-Type": "application/pdf"}
    put = await storage("PUT", upload.json()["url"].removeprefix("/"), content=b"%PDF", headers=pdf)
    assert (put.status_code, put.json()["code"], put.json()["message"]) == (400, "AccessDenied", ENDED)


async def test_400_for_longer_than_the_role_allows(storage, served, refused, org):
    place = f"labels/{org.id}/a.pdf"
    await served("POST", f"object/{place}", content=b"%PDF", headers={"Content-Type": "application/pdf"})
    hour, week, year = 3600, 7 * 86_400, 365 * 86_400
    callers = [
        (org.agent("read"), hour), (org.agent("write"), week), (org.agent("admin"), week),
        (org.person("member"), week), (org.person("admin"), year), (org.owner, year),
    ]  # fmt: skip
    for caller, longest in callers:
        for seconds in (longest, longest + 1):
            one = await storage("POST", f"object/sign/{place}", as_=caller, json={"expiresIn": seconds})
            body = {"expiresIn": seconds, "paths": [f"{org.id}/a.pdf"]}
            many = await storage("POST", "object/sign/labels", as_=caller, json=body)
            if seconds == longest:
                assert (one.status_code, many.status_code) == (200, 200)
            else:
                refused(one, 400, "InvalidRequest")
                refused(many, 400, "InvalidRequest")
                assert str(longest) in one.json()["message"]
    assert (await storage("POST", f"object/sign/{place}", key="secret_key", json={"expiresIn": 10 * year})).is_success


async def test_an_address_that_does_not_say_who_made_it_opens_nothing(storage, refused, services, picture):
    now = int(time.time())
    key = hmac.digest(services.secrets.pepper.encode(), b"storage addresses", hashlib.sha256)
    claims = {"url": f"{picture.partition('/')[0]}/{NAME}", "scope": "download", "iat": now, "exp": now + 60}
    for maker in ({}, {"role": "owner"}, {"role": "authenticated"}):
        token = jwt.encode({**claims, "maker": maker}, key, algorithm="HS256")
        refused(await storage("GET", f"object/sign/{picture}?token={token}"), 400, "InvalidJWT")


async def test_true_is_no_number_of_seconds(storage, refused, picture):
    told = await storage("POST", f"object/sign/{picture}", key="secret_key", json={"expiresIn": True})
    refused(told, 400, "InvalidRequest")


async def test_a_range_that_ends_far_beyond_the_object_is_a_range(storage, signed, picture):
    read = await storage("GET", await signed(picture), headers={"Range": "bytes=0-99999999999999999999"})
    assert (read.status_code, read.headers["content-range"]) == (206, "bytes 0-3/4")
