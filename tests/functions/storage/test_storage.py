"""Who may do what: tenants, scopes, keys of the project, and a project's own policies."""

import uuid

import pytest

from shared.auth import tokens
from shared.quotas.rates import RateClass, charge
from shared.runtime.store import client

pytestmark = pytest.mark.anyio
PDF = {"Content-Type": "application/pdf"}


@pytest.fixture
async def label(served, path):
    await served("POST", f"object/{path('a.pdf')}", content=b"%PDF", headers=PDF)
    return path("a.pdf")


SERVICE = ("secret_key", "service_role_key")
STRANGERS = ("publishable_key", "anon_key")


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
async def test_an_agents_scopes_hold_as_everywhere(storage, refused, org, label, scope):
    agent = org.agent(scope)
    may_write, may_delete = scope != "read", scope == "admin"
    assert (await storage("GET", f"object/{label}", as_=agent)).content == b"%PDF"
    made = await storage("POST", f"object/labels/{org.id}/new.pdf", as_=agent, content=b"%PDF", headers=PDF)
    replaced = await storage("PUT", f"object/{label}", as_=agent, content=b"%PDF2", headers=PDF)
    assert [each.status_code == 200 for each in (made, replaced)] == [may_write, may_write]
    keys = {"bucketId": "labels", "sourceKey": f"{org.id}/a.pdf", "destinationKey": f"{org.id}/b.pdf"}
    copied = await storage("POST", "object/copy", as_=agent, json=keys)
    moved = await storage("POST", "object/move", as_=agent, json={**keys, "destinationKey": f"{org.id}/c.pdf"})
    assert [each.status_code == 200 for each in (copied, moved)] == [may_write, may_write]
    prefixes = {"prefixes": [f"{org.id}/{name}.pdf" for name in "abc"]}
    deleted = (await storage("DELETE", "object/labels", as_=agent, json=prefixes)).json()
    assert len(deleted) == (2 if may_delete else 0)
    if not may_write:
        refused(made, 403, "AccessDenied")


async def test_people_have_the_rights_of_their_role(storage, org, path):
    for role, may_delete in (("member", False), ("admin", True), ("owner", True)):
        person = org.person(role)
        place = f"object/{path(role)}"
        assert (await storage("POST", place, as_=person, content=b"%PDF", headers=PDF)).status_code == 200
        assert (await storage("GET", place, as_=person)).content == b"%PDF"
        assert (await storage("DELETE", place, as_=person)).status_code == (200 if may_delete else 400)


async def test_400_for_a_path_of_another_organization_as_for_a_missing_one(storage, refused, org, other_org, label):
    keys = {"bucketId": "labels", "sourceKey": f"{org.id}/a.pdf", "destinationKey": f"{other_org.id}/a.pdf"}
    for as_ in (other_org.owner, other_org.agent()):
        for method, place in (
            ("GET", "object"),
            ("HEAD", "object"),
            ("GET", "object/authenticated"),
            ("GET", "object/info"),
            ("DELETE", "object"),
        ):
            told = [await storage(method, f"{place}/{each}", as_=as_) for each in (label, f"{label}.absent")]
            assert told[0].status_code == told[1].status_code == 400
            assert told[0].content == told[1].content
        for verb in ("move", "copy"):
            refused(await storage("POST", f"object/{verb}", as_=as_, json=keys), 404, "NoSuchKey")
        for headers in (PDF, {**PDF, "x-upsert": "true"}):
            answer = await storage("POST", f"object/{label}", as_=as_, content=b"%PDF", headers=headers)
            refused(answer, 403, "AccessDenied")
        body = {"prefixes": [f"{org.id}/a.pdf"]}
        assert (await storage("DELETE", "object/labels", as_=as_, json=body)).json() == []


async def test_a_file_is_not_moved_or_copied_into_another_organization(storage, refused, org, other_org, label):
    keys = {"bucketId": "labels", "sourceKey": f"{org.id}/a.pdf", "destinationKey": f"{other_org.id}/a.pdf"}
    for verb in ("move", "copy"):
        refused(await storage("POST", f"object/{verb}", as_=org.agent(), json=keys), 403, "AccessDenied")
    assert (await storage("GET", f"object/{label}", as_=org.owner)).content == b"%PDF"


@pytest.mark.parametrize("key", SERVICE)
async def test_the_service_passes_all_policies(storage, served, keys, label, key):
    as_bearer = {"Authorization": f"Bearer {getattr(keys, key)}"}
    for asked in ({"key": key}, {"headers": as_bearer}, {"key": "publishable_key", "headers": as_bearer}):
        if "key" in asked and "headers" in asked and key == "secret_key":
            continue  # an opaque key in Authorization says nothing that the apikey does not
        assert (await storage("GET", f"object/{label}", **asked)).content == b"%PDF"


async def test_a_stranger_reads_what_is_public_and_nothing_else(storage, served, refused, label, public_bucket):
    await served("POST", f"object/{public_bucket}/a", content=b"for all")
    for asked in ({"key": "publishable_key"}, {"key": "anon_key"}, {}):
        for place in ("object/public", "object"):
            assert (await storage("GET", f"{place}/{public_bucket}/a", **asked)).content == b"for all"
        assert (await storage("GET", f"object/info/public/{public_bucket}/a", **asked)).json()["size"] == 7
        refused(await storage("GET", f"object/public/{label}", **asked), 404, "NoSuchBucket")
    refused(await storage("GET", f"object/{label}"), 404, "NoSuchBucket")
    for key in STRANGERS:
        refused(await storage("GET", f"object/{label}", key=key), 404, "NoSuchKey")
        refused(await storage("POST", f"object/{public_bucket}/b", key=key, content=b"x"), 403, "AccessDenied")
        assert (await storage("DELETE", f"object/{public_bucket}", key=key, json={"prefixes": ["a"]})).json() == []


async def test_400_without_a_credential_and_with_one_that_is_not_good(storage, refused, label, public_bucket, served):
    for method, place in (("GET", "bucket"), ("POST", f"object/{label}"), ("GET", f"object/authenticated/{label}")):
        refused(await storage(method, place), 400, "InvalidRequest")
        for bad in ("Bearer nonsense", "Bearer sb_secret_nonsense", "Basic YTpi", "Bearer nxs_ak_" + "a" * 48):
            refused(await storage(method, place, headers={"Authorization": bad}), 403, "AccessDenied")
    await served("POST", f"object/{public_bucket}/a", content=b"for all")
    old = {"Authorization": "Bearer expired.token.of-old"}
    assert (await storage("GET", f"object/{public_bucket}/a", headers=old)).content == b"for all"
    assert (await storage("GET", f"object/public/{public_bucket}/a", headers=old)).content == b"for all"


async def test_a_revoked_key_and_a_removed_member_end_at_once(storage, refused, org, label, tenants):
    agent, member = org.agent(), org.person("member")
    for as_ in (agent, member):
        assert (await storage("GET", f"object/{label}", as_=as_)).status_code == 200
    with tenants.database() as database:
        database.execute("UPDATE agent_api_keys SET is_active = false WHERE id = %s", [agent.key_id])
        database.execute("DELETE FROM organization_members WHERE user_id = %s", [member.id])
    for as_ in (agent, member):
        refused(await storage("GET", f"object/{label}", as_=as_), 403, "AccessDenied")
        answer = await storage("POST", f"object/{label}", as_=as_, content=b"x", headers=PDF)
        refused(answer, 403, "AccessDenied")


async def test_calls_count_for_the_plan_and_the_rate_class(storage, refused, tenants):
    free = tenants.org("free")
    agent = free.agent("read")
    first = await storage("GET", "bucket", as_=agent)
    assert first.headers["ratelimit-policy"] == '"standard";q=100;w=60'
    try:
        await charge(RateClass("of this test", 1000), tokens.verify(agent.token), address="", calls=501)
    finally:
        await client.close()
    refused(await storage("GET", "bucket", as_=agent), 403, "AccessDenied")


async def test_policies_of_a_project_apply_as_they_are(storage, refused, tenants, own_bucket, person):
    other = tenants.person(None)
    place = f"object/{own_bucket}/{person.id}/cv.pdf"
    made = await storage("POST", place, as_=person, key="publishable_key", content=b"%PDF", headers=PDF)
    assert made.status_code == 200, made.text
    refused(await storage("POST", place, as_=other, content=b"%PDF", headers=PDF), 403, "AccessDenied")
    refused(await storage("GET", place, as_=other), 404, "NoSuchKey")
    assert (await storage("PUT", place, as_=person, content=b"%PDF2", headers=PDF)).status_code == 200
    elsewhere = {
        "bucketId": own_bucket,
        "sourceKey": f"{person.id}/cv.pdf",
        "destinationKey": f"{other.id}/cv.pdf",
    }
    refused(await storage("POST", "object/move", as_=person, json=elsewhere), 403, "AccessDenied")
    assert (await storage("DELETE", place, as_=person)).json() == {"message": "Successfully deleted"}


async def test_an_upload_takes_no_more_than_a_policy_for_insert(storage, bucket, tenants, person):
    with tenants.database() as database:
        database.execute(
            f'CREATE POLICY "drop box {bucket}" ON storage.objects FOR INSERT TO anon, authenticated'
            f" WITH CHECK (bucket_id = '{bucket}' AND storage.extension(name) = 'pdf')"
        )
    for asked in ({"as_": person}, {"key": "publishable_key"}):
        for extension, status in (("pdf", 200), ("exe", 400)):
            place = f"object/{bucket}/{uuid.uuid4()}.{extension}"
            assert (await storage("POST", place, content=b"%PDF", headers=PDF, **asked)).status_code == status
            assert (await storage("GET", place, **asked)).status_code == 400
    with tenants.database() as database:
        database.execute(f'DROP POLICY "drop box {bucket}" ON storage.objects')
