"""Buckets over HTTP: made, found, changed, emptied, deleted, under policies of their own."""

import uuid

import pytest

from tests.functions.storage.conftest import Ask

pytestmark = pytest.mark.anyio
PDF = {"Content-Type": "application/pdf"}


async def test_a_bucket_is_made_found_changed_and_deleted(served, storage, refused):
    name = f"b {uuid.uuid4()}"
    limits = {"file_size_limit": "1.5MB", "allowed_mime_types": ["image/*"]}
    made = (await served("POST", "bucket", json={"name": name, "public": True, **limits})).json()
    assert made == {"name": name}
    found = (await served("GET", f"bucket/{name}")).json()
    assert found.items() >= {"id": name, "name": name, "public": True, "owner": "", "type": "STANDARD"}.items()
    assert (found["file_size_limit"], found["allowed_mime_types"]) == (1_500_000, ["image/*"])
    told = (await served("PUT", f"bucket/{name}", json={"id": name, "name": name, "public": False})).json()
    assert told == {"message": "Successfully updated"}
    kept = (await served("GET", f"bucket/{name}")).json()
    assert (kept["public"], kept["file_size_limit"], kept["allowed_mime_types"]) == (False, 1_500_000, ["image/*"])
    await served("PUT", f"bucket/{name}", json={"file_size_limit": None, "allowed_mime_types": None})
    freed = (await served("GET", f"bucket/{name}")).json()
    assert (freed["file_size_limit"], freed["allowed_mime_types"]) == (None, None)
    assert (await served("DELETE", f"bucket/{name}", json={})).json() == {"message": "Successfully deleted"}
    for method, path in (("GET", name), ("PUT", name), ("DELETE", name), ("POST", f"{name}/empty")):
        refused(await storage(method, f"bucket/{path}", key="secret_key", json={}), 404, "NoSuchBucket")


async def test_a_bucket_with_objects_is_emptied_before_it_goes(served, storage, refused, bucket):
    for number in range(3):
        await served("POST", f"object/{bucket}/{number}", content=b"x", headers=PDF)
    refused(await storage("DELETE", f"bucket/{bucket}", key="secret_key", json={}), 409, "ResourceNotEmpty")
    emptied = (await served("POST", f"bucket/{bucket}/empty", json={})).json()
    assert emptied == {"message": "Empty bucket has been queued. Completion may take up to an hour."}
    assert (await served("POST", f"object/list/{bucket}", json={"prefix": ""})).json() == []
    await served("POST", f"bucket/{bucket}/empty", json={})
    await served("DELETE", f"bucket/{bucket}", json={})


async def test_buckets_are_searched_sorted_and_paged(served):
    mark = uuid.uuid4().hex
    for letter in "bca":
        await served("POST", "bucket", json={"name": f"{letter}-{mark}"})
    for query, letters in (
        ("", "abc"),
        ("&sortColumn=created_at&sortOrder=desc", "acb"),
        ("&sortColumn=id&sortOrder=desc&limit=2", "cb"),
        ("&limit=1&offset=1", "b"),
    ):
        found = (await served("GET", f"bucket?search={mark}{query}")).json()
        assert "".join(each["name"][0] for each in found) == letters


async def test_409_for_a_name_that_is_taken(storage, refused, bucket):
    refused(await storage("POST", "bucket", key="secret_key", json={"name": bucket}), 409, "BucketAlreadyExists")
    taken = {"name": bucket, "id": uuid.uuid4().hex}
    refused(await storage("POST", "bucket", key="secret_key", json=taken), 409, "BucketAlreadyExists")


@pytest.mark.parametrize("name", ["a/b", "", "x" * 101, "صور", "a\nb", "a#b", "a%b"])
async def test_400_for_a_name_that_no_bucket_may_have(storage, refused, name):
    refused(await storage("POST", "bucket", key="secret_key", json={"name": name}), 400, "InvalidBucketName")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"file_size_limit": "20 potatoes"}, 400, "InvalidRequest"),
        ({"file_size_limit": -1}, 400, "InvalidRequest"),
        ({"file_size_limit": "20GB"}, 413, "EntityTooLarge"),
        ({"allowed_mime_types": ["pictures"]}, 415, "InvalidMimeType"),
        ({"public": "perhaps"}, 400, "InvalidRequest"),
        ({"name": None}, 400, "InvalidRequest"),
    ],
)
async def test_400_for_invalid_limits(storage, refused, said, status, code):
    answer = await storage("POST", "bucket", key="secret_key", json={"name": uuid.uuid4().hex, **said})
    refused(answer, status, code)


async def test_members_see_the_organizations_buckets_and_change_none(storage: Ask, refused, org, person):
    for as_ in (org.owner, org.agent("read"), org.agent()):
        listed = await storage("GET", "bucket", as_=as_)
        assert [each["id"] for each in listed.json()] == ["exports", "labels", "message-media"]
        assert (await storage("GET", "bucket/labels", as_=as_)).json()["public"] is False
        refused(await storage("POST", "bucket", as_=as_, json={"name": uuid.uuid4().hex}), 403, "AccessDenied")
        refused(await storage("PUT", "bucket/labels", as_=as_, json={"public": True}), 404, "NoSuchBucket")
        refused(await storage("DELETE", "bucket/labels", as_=as_, json={}), 404, "NoSuchBucket")
    for asked in ({"as_": person}, {"key": "publishable_key"}, {"key": "anon_key"}):
        assert (await storage("GET", "bucket", **asked)).json() == []
        refused(await storage("GET", "bucket/labels", **asked), 404, "NoSuchBucket")


async def test_emptying_takes_what_the_caller_may_delete_and_nothing_else(storage, served, refused, org, other_org):
    for owner in (org, other_org):
        await served("POST", f"object/labels/{owner.id}/a.pdf", content=b"%PDF", headers=PDF)
    refused(await storage("POST", "bucket/labels/empty", as_=org.agent("write"), json={}), 403, "AccessDenied")
    assert (await storage("POST", "bucket/labels/empty", as_=org.agent("admin"), json={})).status_code == 200
    gone = await storage("GET", f"object/labels/{org.id}/a.pdf", key="secret_key")
    refused(gone, 404, "NoSuchKey")
    assert (await served("GET", f"object/labels/{other_org.id}/a.pdf")).content == b"%PDF"
