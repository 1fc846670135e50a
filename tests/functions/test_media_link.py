"""GET /functions/v1/media-link."""

import uuid

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 500


async def test_200_returns_a_new_link_to_its_organization_and_404_to_another(upload, call, org, other_org):
    media_id = (await upload(PNG, as_=org.owner)).json()["id"]
    mine = await call("media-link", as_=org.agent("read"), method="GET", params={"id": media_id})
    assert (mine.status_code, mine.json()["id"]) == (200, media_id)
    assert mine.json()["url"].startswith("http")
    for wanted in (media_id, str(uuid.uuid4())):
        theirs = await call("media-link", as_=other_org.owner, method="GET", params={"id": wanted})
        assert (theirs.status_code, theirs.json()["error"]) == (404, "not_found")


async def test_200_returns_no_address_before_the_file_is_stored(call, org, tenants):
    media_id = uuid.uuid4()
    with tenants.database() as database:
        database.execute(
            "INSERT INTO media (id, organization_id, origin, kind, status)"
            " VALUES (%s, %s, 'channel', 'audio', 'waiting')",
            (media_id, org.id),
        )
    body = (await call("media-link", as_=org.owner, method="GET", params={"id": str(media_id)})).json()
    assert (body["status"], body["url"], body["expires_at"]) == ("waiting", None, None)
