"""The job that forgets mailed codes, begun sign-ins and sent mails after their day."""

import uuid

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def leftovers(tenants, org):
    """Makes one row of each kind that is so old; answers how many are left."""
    mark = uuid.uuid4().hex

    def make(age):
        flow, user = uuid.uuid4(), org.owner.id
        with tenants.database() as connection:
            connection.execute(
                "INSERT INTO auth.flow_state (id, user_id, code_challenge_method, code_challenge,"
                " authentication_method, created_at) VALUES (%s, %s, 'plain', %s, 'otp', now() - %s::interval)",
                (flow, user, mark, age),
            )
            connection.execute(
                "INSERT INTO auth.one_time_tokens (user_id, token_type, sent_for, token_hash, relates_to, created_at)"
                " VALUES (%s, 'recovery_token', 'recovery', %s, '', now() - %s::interval)",
                (user, mark, age),
            )
            connection.execute(
                "INSERT INTO auth.outgoing_mail (last_error, created_at) VALUES (%s, now() - %s::interval)", (mark, age)
            )
            connection.execute("INSERT INTO auth.mail_requests VALUES (%s, now() - %s::interval)", (mark, age))

    def left():
        with tenants.database() as connection:
            return connection.execute(
                """
                SELECT
                  (SELECT count(*) FROM auth.flow_state WHERE code_challenge = %(mark)s),
                  (SELECT count(*) FROM auth.one_time_tokens WHERE token_hash = %(mark)s),
                  (SELECT count(*) FROM auth.outgoing_mail WHERE last_error = %(mark)s),
                  (SELECT count(*) FROM auth.mail_requests WHERE digest = %(mark)s)
                """,
                {"mark": mark},
            ).fetchone()

    return make, left


@pytest.mark.parametrize(("age", "kept"), [("23 hours", 1), ("49 hours", 0)])
async def test_200_what_is_older_than_its_day_is_gone(leftovers, call, services, age, kept):
    make, left = leftovers
    make(age)
    answer = await call("purge-sign-ins", headers={"Authorization": f"Bearer {services.secrets.secret_key}"})
    assert answer.status_code == 200
    told = answer.json()
    assert all(told[name] >= 1 - kept for name in ("codes", "flows", "mails", "mail_requests"))
    assert left() == (kept,) * 4
