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


async def test_403_for_a_tenants_owner(call, org):
    answer = await call("purge-expired", as_=org.owner)
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")
