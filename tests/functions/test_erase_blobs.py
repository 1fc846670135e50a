"""POST /functions/v1/erase-blobs; what is erased, and when, is in tests/functions/storage/test_storage_bytes.py."""

import uuid


async def test_200_counts_versions_that_are_due_and_leaves_the_others(call, service_headers, tenants):
    due, later = (str(uuid.uuid4()) for _ in range(2))
    with tenants.database() as db:
        db.execute(
            "INSERT INTO storage.blobs_to_erase (version, due_at) VALUES (%s, now()), (%s, now() + interval '1 hour')",
            (due, later),
        )
        answer = await call("erase-blobs", headers=service_headers)
        left = db.execute("SELECT version FROM storage.blobs_to_erase WHERE version = ANY(%s)", ([due, later],))
        assert answer.status_code == 200, answer.text
        assert answer.json()["versions"] >= 1
        assert left.fetchall() == [(later,)]
        db.execute("DELETE FROM storage.blobs_to_erase WHERE version = %s", (later,))


async def test_403_for_the_owner_of_an_organization(call, org):
    answer = await call("erase-blobs", as_=org.owner)
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")


async def test_401_without_a_credential(call):
    answer = await call("erase-blobs")
    assert (answer.status_code, answer.json()["error"]) == (401, "missing_token")
