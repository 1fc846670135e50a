"""POST /functions/v1/purge-expired."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def service_headers(services):
    return {"Authorization": f"Bearer {services.secrets.secret_key}"}


async def test_200_forgets_what_is_past_its_time_and_nothing_younger(call, tenants, org, other_org, service_headers):
    with tenants.database() as db:
        for tenant in (org, other_org):
            for age in ("1 hour", "25 hours"):
                db.execute(
                    "INSERT INTO idempotency_keys"
                    " (organization_id, principal_id, operation, key, request_hash, status, response, created_at)"
                    " VALUES (%s, gen_random_uuid(), 'x', %s, 'h', 200, '', now() - %s::interval)",
                    (tenant.id, age, age),
                )
        db.execute(
            "INSERT INTO access_attempts (kind, outcome, ip_hash, created_at)"
            " SELECT 'agent_auth', 'refused', 'purge', now() - age FROM unnest('{0,31 days}'::interval[]) AS age"
        )
        db.execute(
            "INSERT INTO webhook_inbox (source, body, body_hash, signed_with, unrouted, processed_at)"
            " SELECT 'purge', '', sha256((age::text || lost)::bytea), 0, lost, now() - age"
            " FROM unnest('{7 days,9 days,31 days}'::interval[]) AS age, generate_series(0, 1) AS lost"
        )
    answer = await call("purge-expired", headers=service_headers)
    assert answer.status_code == 200, answer.text
    with tenants.database() as db:
        kept = db.execute("SELECT key FROM idempotency_keys WHERE organization_id = ANY(%s)", ([org.id, other_org.id],))
        assert [row[0] for row in kept] == ["1 hour", "1 hour"]
        attempts = db.execute("SELECT count(*) FROM access_attempts WHERE ip_hash = 'purge'").fetchone()
        bodies = db.execute(
            "SELECT unrouted, count(*) FROM webhook_inbox WHERE source = 'purge' GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert attempts == (1,)
    assert bodies == [(0, 1), (1, 2)]


async def test_200_files_that_no_message_shows_are_erased(call, tenants, org, service_headers):
    made = (
        "INSERT INTO media (organization_id, origin, kind, status, mime_type, size_bytes, sha256, created_at)"
        " SELECT %s, origin, 'image', 'stored', 'image/png', 9, sha, now() - age FROM (VALUES"
        " ('channel', repeat('a', 64), interval '1 hour'), ('channel', repeat('b', 64), interval '2 days'),"
        " ('upload', repeat('c', 64), interval '2 days'), ('upload', repeat('d', 64), interval '31 days'),"
        " ('channel', repeat('e', 64), interval '2 days')) AS given (origin, sha, age) RETURNING id"
    )
    with tenants.database() as db:
        files = [row[0] for row in db.execute(made, (org.id,)).fetchall()]
        chat = db.execute(
            "INSERT INTO chats (organization_id, platform, platform_chat_id) VALUES (%s, 'internal', 'x') RETURNING id",
            (org.id,),
        ).fetchone()
        message = db.execute(
            "INSERT INTO messages (organization_id, chat_id, direction) VALUES (%s, %s, 'inbound') RETURNING id",
            (org.id, chat[0]),
        ).fetchone()
        db.execute(
            "INSERT INTO message_media (organization_id, message_id, media_id) VALUES (%s, %s, %s)",
            (org.id, message[0], files[4]),
        )
    assert (await call("purge-expired", headers=service_headers)).json()["files"] >= 2
    ended = "SELECT media_id FROM media_tasks WHERE organization_id = %s AND task = 'erase'"
    with tenants.database() as db:
        assert {row[0] for row in db.execute(ended, (org.id,))} == {files[1], files[3]}
        db.execute("DELETE FROM messages WHERE id = %s", message)
        assert {row[0] for row in db.execute(ended, (org.id,))} == {files[1], files[3], files[4]}
        db.execute("DELETE FROM organizations WHERE id = %s", (org.id,))


async def test_403_for_a_tenants_owner(call, org):
    answer = await call("purge-expired", as_=org.owner)
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")
