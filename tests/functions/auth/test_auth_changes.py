"""/auth/v1: another address, a password that asks for a code, people without a name, claims by the host's own hook."""

import asyncio

import jwt
import pytest

pytestmark = pytest.mark.anyio
TWICE = "Confirmation link accepted. Please proceed to confirm link sent to the other email"


@pytest.fixture
async def moving(auth, person, email):
    """Return somebody who has asked for another address; that address."""
    answer = await auth("PUT", "user", token=person.token, json={"email": email.upper()})
    assert (answer.json()["email"], answer.json()["new_email"]) == (person.email, email)
    return email


async def test_200_a_new_address_holds_once_both_have_agreed(auth, person, moving, mailed, sign_in):
    (to_old,), (to_new,) = mailed(person.email), mailed(moving)
    half = await auth("POST", "verify", json={"type": "email_change", "token_hash": to_old.token})
    assert half.json() == {"msg": TWICE, "code": "200"}
    assert (await sign_in(person.email)).status_code == 200
    body = {"type": "email_change", "email": moving, "token": to_new.otp}
    changed = (await auth("POST", "verify", json=body)).json()
    assert changed["user"]["email"] == changed["user"]["identities"][0]["email"] == moving
    assert "new_email" not in changed["user"]
    assert (await sign_in(moving)).status_code == 200
    assert (await sign_in(person.email)).status_code == 400


async def test_303_the_links_of_a_change_say_that_the_other_is_missing(http, person, moving, mailed):
    (to_old,), (to_new,) = mailed(person.email), mailed(moving)
    first = await http.get(to_new.link)
    assert "#message=Confirmation+link+accepted" in first.headers["location"]
    second = await http.get(to_old.link)
    assert "access_token=" in second.headers["location"]


async def test_two_links_opened_at_once_finish_the_change_once(auth, person, moving, mailed, sign_in):
    (to_old,), (to_new,) = mailed(person.email), mailed(moving)
    bodies = [{"type": "email_change", "token_hash": each.token} for each in (to_old, to_new)]
    answers = await asyncio.gather(*(auth("POST", "verify", json=body) for body in bodies))
    assert sorted("access_token" in answer.json() for answer in answers) == [False, True]
    assert (await sign_in(moving)).status_code == 200


async def test_200_confirms_only_the_new_address_if_so_configured(host, auth, person, email, mailed):
    host(email_change_confirmed_twice=False)
    await auth("PUT", "user", token=person.token, json={"email": email})
    assert mailed(person.email) == []
    body = {"type": "email_change", "email": email, "token": mailed(email)[0].otp}
    assert (await auth("POST", "verify", json=body)).json()["user"]["email"] == email


async def test_200_the_mails_of_a_change_are_sent_again(host, auth, person, moving, mailed):
    host(mail_interval_s=0)
    assert (await auth("POST", "resend", json={"type": "email_change", "email": person.email})).status_code == 200
    newer, older = mailed(moving)
    old = await auth("POST", "verify", json={"type": "email_change", "token_hash": older.token})
    assert old.json()["code"] == "otp_expired"
    new = await auth("POST", "verify", json={"type": "email_change", "token_hash": newer.token})
    assert new.json()["code"] == "200"


async def test_422_an_address_that_somebody_takes_meanwhile(*, host, auth, person, moving, mailed, sign_up):
    host(email_change_confirmed_twice=False)
    await sign_up(email=moving)
    answer = await auth("POST", "verify", json={"type": "email_change", "token_hash": mailed(moving)[0].token})
    assert (answer.status_code, answer.json()["code"]) == (422, "email_exists")


async def test_429_for_a_second_change_of_address_within_a_minute(auth, person, moving):
    answer = await auth("PUT", "user", token=person.token, json={"email": f"x{moving}"})
    assert (answer.status_code, answer.json()["code"]) == (429, "over_email_send_rate_limit")


async def test_a_password_asks_for_the_mailed_code_when_the_session_is_old(host, auth, person, mailed, tenants):
    host(password_needs_nonce=True)
    fresh = await auth("PUT", "user", token=person.token, json={"password": "second password"})
    assert fresh.status_code == 200
    with tenants.database() as connection:
        connection.execute(
            "UPDATE auth.sessions SET created_at = now() - interval '25 hours' WHERE user_id = %s", (person.id,)
        )
    wish = {"password": "third password"}
    needed = await auth("PUT", "user", token=person.token, json=wish)
    assert (needed.status_code, needed.json()["code"]) == (400, "reauthentication_needed")
    assert (await auth("GET", "reauthenticate", token=person.token)).json() == {}
    (letter,) = mailed(person.email)
    assert "http" not in letter.text
    wrong = await auth("PUT", "user", token=person.token, json={**wish, "nonce": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "reauthentication_not_valid")
    assert (await auth("PUT", "user", token=person.token, json={**wish, "nonce": letter.otp})).status_code == 200
    opened = await auth("POST", "verify", json={"type": "email", "email": person.email, "token": letter.otp})
    assert opened.json()["code"] == "otp_expired"


async def test_200_somebody_anonymous_signs_in_and_gets_an_address_later(host, auth, email, sign_in):
    host(anonymous_enabled=True)
    session = (await auth("POST", "signup", json={"data": {"from": "the shop"}})).json()
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert (claims["is_anonymous"], claims["amr"][0]["method"], claims["email"]) == (True, "anonymous", "")
    assert session["user"]["is_anonymous"]
    assert (await auth("GET", "reauthenticate", token=session["access_token"])).status_code == 400
    wish = {"email": email, "password": "long enough"}
    known = (await auth("PUT", "user", token=session["access_token"], json=wish)).json()
    assert (known["id"], known["email"], known["is_anonymous"]) == (session["user"]["id"], email, False)
    assert known["app_metadata"]["providers"] == [known["identities"][0]["provider"]] == ["email"]
    assert (await sign_in(email, "long enough")).status_code == 200


async def test_200_keeps_a_person_anonymous_until_the_address_is_confirmed(host, auth, email, mailed):
    host(anonymous_enabled=True, email_autoconfirm=False)
    token = (await auth("POST", "signup", json={})).json()["access_token"]
    assert (await auth("PUT", "user", token=token, json={"email": email})).json()["is_anonymous"]
    answer = await auth("POST", "verify", json={"type": "email_change", "token_hash": mailed(email)[0].token})
    assert (answer.json()["user"]["email"], answer.json()["user"]["is_anonymous"]) == (email, False)
    assert (await auth("GET", "user", token=token)).json()["code"] == "session_not_found"
    assert (await auth("GET", "user", token=answer.json()["access_token"])).json()["email"] == email


async def test_200_a_change_after_the_first_proof_leaves_the_sessions(host, auth, email, person, mailed):
    host(mail_interval_s=0, email_change_confirmed_twice=False)
    await auth("POST", "otp", json={"email": person.email})
    code = {"type": "email", "email": person.email, "token": mailed(person.email)[0].otp}
    token = (await auth("POST", "verify", json=code)).json()["access_token"]
    await auth("PUT", "user", token=token, json={"email": email})
    await auth("POST", "verify", json={"type": "email_change", "token_hash": mailed(email)[0].token})
    assert (await auth("GET", "user", token=token)).json()["email"] == email


@pytest.fixture
def hook(host, tenants):
    """Provide `hook("…")`: the host's own access token hook, its body in PL/pgSQL."""
    with tenants.database() as connection:

        def make(body: str) -> None:
            connection.execute(
                "CREATE OR REPLACE FUNCTION public.shop_hook(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS"
                f" $$ BEGIN {body} END $$"
            )
            connection.execute("GRANT EXECUTE ON FUNCTION public.shop_hook TO supabase_auth_admin")
            host(access_token_hook="public.shop_hook")

        yield make
        connection.execute("DROP FUNCTION IF EXISTS public.shop_hook")


async def test_200_the_host_s_hook_adds_claims_after_ours(hook, person, refresh, call):
    await call("organization-create", headers={"Authorization": f"Bearer {person.token}"}, json={"name": "A shop"})
    hook(
        "RETURN jsonb_set(event, '{claims,told}', jsonb_build_array(event ->> 'authentication_method',"
        " event -> 'claims' -> 'app_metadata' ->> 'org_role'));"
    )
    session = (await refresh(person.refresh_token)).json()
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert claims["told"] == ["token_refresh", "owner"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            "RETURN jsonb_build_object('error', jsonb_build_object('http_code', 403, 'message', 'not in Ramadan'));",
            403,
            "not in Ramadan",
        ),
        ("RETURN event #- '{claims,sub}';", 500, None),
        ("RETURN '{}';", 500, None),
        ("RAISE 'a detail of the inside';", 500, None),
    ],
)
async def test_a_hook_that_refuses_or_breaks_gives_no_token(*, hook, person, sign_in, body, status, message):
    hook(body)
    answer = await sign_in(person.email)
    assert (answer.status_code, answer.json()["code"]) == (status, "unexpected_failure")
    assert message is None or answer.json()["message"] == message
    assert "inside" not in answer.text
