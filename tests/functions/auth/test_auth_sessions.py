"""/auth/v1: refresh tokens, logging out, and sessions that ended otherwise."""

import asyncio
import hashlib

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def aged(tenants):
    """Provide `aged(raw)`: that refresh token was spent eleven seconds ago, beyond the reuse interval."""

    def age(raw: str) -> None:
        with tenants.database() as connection:
            changed = connection.execute(
                "UPDATE auth.refresh_tokens SET updated_at = now() - interval '11 seconds' WHERE token = %s",
                (hashlib.sha256(raw.encode()).hexdigest(),),
            )
            assert changed.rowcount == 1

    return age


async def test_200_a_refresh_token_works_once_and_gives_the_next(person, refresh):
    answer = (await refresh(person.refresh_token)).json()
    assert answer["token_type"] == "bearer"
    assert answer["user"]["id"] == person.id
    assert answer["refresh_token"] != person.refresh_token
    assert len(answer["refresh_token"]) >= 32
    assert (await refresh(answer["refresh_token"])).status_code == 200


async def test_200_returns_the_active_token_again_for_its_parent(person, refresh, aged):
    following = (await refresh(person.refresh_token)).json()["refresh_token"]
    aged(person.refresh_token)
    again = await refresh(person.refresh_token)
    assert again.status_code == 200
    assert again.json()["refresh_token"] == following


async def test_200_within_ten_seconds_an_older_token_gets_the_active_one_too(person, refresh):
    second = (await refresh(person.refresh_token)).json()["refresh_token"]
    third = (await refresh(second)).json()["refresh_token"]
    again = await refresh(person.refresh_token)
    assert again.json()["refresh_token"] == third


async def test_400_a_token_used_again_later_ends_its_session(person, refresh, aged):
    second = (await refresh(person.refresh_token)).json()["refresh_token"]
    third = (await refresh(second)).json()["refresh_token"]
    aged(person.refresh_token)
    reused = await refresh(person.refresh_token)
    assert (reused.status_code, reused.json()["code"]) == (400, "refresh_token_already_used")
    for raw in (third, second, person.refresh_token):
        answer = await refresh(raw)
        assert (answer.status_code, answer.json()["code"]) == (400, "refresh_token_not_found")


async def test_reuse_of_a_refresh_token_ends_its_session(*, person, refresh, aged, auth, call, sign_in):
    stolen = (await refresh(person.refresh_token)).json()
    await refresh(stolen["refresh_token"])
    aged(person.refresh_token)
    assert (await refresh(person.refresh_token)).json()["code"] == "refresh_token_already_used"
    for token in (person.token, stolen["access_token"]):
        taken = await auth("PUT", "user", token=token, json={"password": "the thief's own"})
        assert (taken.status_code, taken.json()["code"]) == (403, "session_not_found")
        made = await call("organization-create", headers={"Authorization": f"Bearer {token}"}, json={"name": "Theirs"})
        assert (made.status_code, made.json()["error"]) == (401, "session_ended")
    assert (await sign_in(person.email)).status_code == 200


async def test_400_reuse_in_one_session_leaves_the_others_alone(person, refresh, aged, sign_in):
    other = (await sign_in(person.email)).json()["refresh_token"]
    second = (await refresh(person.refresh_token)).json()["refresh_token"]
    await refresh(second)
    aged(person.refresh_token)
    assert (await refresh(person.refresh_token)).status_code == 400
    assert (await refresh(other)).status_code == 200


@pytest.mark.parametrize("at_once", [2, 6])
async def test_200_refreshes_of_one_token_at_once_agree_on_the_next(sign_up, refresh, tenants, at_once):
    person = await sign_up()
    raw = person.refresh_token
    for _ in range(12):
        answers = await asyncio.gather(*(refresh(raw) for _ in range(at_once)))
        assert [answer.status_code for answer in answers] == [200] * at_once
        (raw,) = {answer.json()["refresh_token"] for answer in answers}
    with tenants.database() as connection:
        counted = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE NOT revoked) FROM auth.refresh_tokens WHERE user_id = %s",
            (person.id,),
        ).fetchone()
    assert counted == (13, 1)


async def test_a_refresh_and_a_logout_at_once_leave_no_session(sign_up, refresh, auth, tenants):
    for _ in range(5):
        person = await sign_up()
        refreshed, _ = await asyncio.gather(refresh(person.refresh_token), auth("POST", "logout", token=person.token))
        assert refreshed.status_code in (200, 400)
        with tenants.database() as connection:
            kept = connection.execute("SELECT FROM auth.sessions WHERE user_id = %s", (person.id,)).fetchall()
        assert not kept


async def test_the_database_keeps_only_digests_and_bcrypt_hashes(person, tenants):
    with tenants.database() as connection:
        (kept,) = connection.execute(
            "SELECT string_agg(to_jsonb(token)::text || to_jsonb(session) || to_jsonb(users), '') FROM auth.users"
            " JOIN auth.sessions AS session ON session.user_id = users.id"
            " JOIN auth.refresh_tokens AS token ON token.session_id = session.id WHERE users.id = %s",
            (person.id,),
        ).fetchone()
    assert person.refresh_token not in kept
    assert person.password not in kept
    assert '"$2b$' in kept


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"refresh_token": "x" * 43}, "refresh_token_not_found"),
        ({"refresh_token": "ليس رمزا"}, "refresh_token_not_found"),
        ({"refresh_token": "x" * 5000}, "validation_failed"),
        ({"refresh_token": ""}, "validation_failed"),
        ({"refresh_token": 7}, "validation_failed"),
        ({}, "validation_failed"),
    ],
)
async def test_400_refreshing_with_no_token_of_ours(auth, body, code):
    answer = await auth("POST", "token?grant_type=refresh_token", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_400_and_403_when_the_session_has_expired(person, refresh, auth, tenants):
    with tenants.database() as connection:
        connection.execute("UPDATE auth.sessions SET not_after = now() WHERE user_id = %s", (person.id,))
    refused = await refresh(person.refresh_token)
    assert (refused.status_code, refused.json()["code"]) == (400, "session_expired")
    refused = await auth("GET", "user", token=person.token)
    assert (refused.status_code, refused.json()["code"]) == (403, "session_not_found")


async def test_400_and_403_when_the_person_is_banned_later(person, refresh, auth):
    await auth("PUT", f"admin/users/{person.id}", key="secret", json={"ban_duration": "1h30m"})
    refused = await refresh(person.refresh_token)
    assert (refused.status_code, refused.json()["code"]) == (400, "user_banned")
    refused = await auth("GET", "user", token=person.token)
    assert (refused.status_code, refused.json()["code"]) == (403, "user_banned")


async def test_403_when_the_account_is_gone(person, refresh, auth):
    await auth("DELETE", f"admin/users/{person.id}", key="secret")
    refused = await auth("GET", "user", token=person.token)
    assert (refused.status_code, refused.json()["code"]) == (403, "user_not_found")
    assert (await refresh(person.refresh_token)).json()["code"] == "refresh_token_not_found"


@pytest.mark.parametrize(
    ("scope", "left"),
    [("", [False, False]), ("?scope=global", [False, False]), ("?scope=local", [False, True]),
     ("?scope=others", [True, False])],
)  # fmt: skip
async def test_204_logging_out_ends_the_sessions_of_its_scope(person, sign_in, auth, scope, left):
    other = (await sign_in(person.email)).json()["access_token"]
    answer = await auth("POST", f"logout{scope}", token=person.token)
    assert (answer.status_code, answer.content) == (204, b"")
    alive = [(await auth("GET", "user", token=token)).status_code == 200 for token in (person.token, other)]
    assert alive == left


async def test_400_logging_out_of_an_unknown_scope(person, auth):
    answer = await auth("POST", "logout?scope=everything", token=person.token)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


async def test_a_new_password_ends_the_other_sessions(person, sign_in, auth):
    other = (await sign_in(person.email)).json()
    assert (await auth("PUT", "user", token=person.token, json={"password": "another one"})).status_code == 200
    assert (await auth("GET", "user", token=person.token)).status_code == 200
    assert (await auth("GET", "user", token=other["access_token"])).status_code == 403
    assert (await sign_in(person.email)).status_code == 400
    assert (await sign_in(person.email, "another one")).status_code == 200


async def test_changes_of_an_account_are_recorded(person, auth, tenants):
    await auth("POST", "logout", token=person.token)
    with tenants.database() as connection:
        rows = connection.execute(
            "SELECT payload ->> 'action' FROM auth.audit_log_entries WHERE payload ->> 'actor_id' = %s"
            " ORDER BY created_at",
            (person.id,),
        ).fetchall()
    assert [action for (action,) in rows] == ["user_signedup", "logout"]
