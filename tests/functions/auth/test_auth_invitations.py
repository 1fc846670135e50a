"""/auth/v1: what the service sends for somebody: invitations, and links to be mailed by other means."""

import httpx
import pytest

pytestmark = pytest.mark.anyio
KINDS = ["signup", "invite", "magiclink", "recovery", "email_change_current", "email_change_new"]


async def test_200_an_invited_person_takes_the_account_with_the_mailed_link(host, auth, email, mailed, sign_in):
    host(mail_interval_s=0)
    invited = (await auth("POST", "invite", key="secret", json={"email": email, "data": {"team": "sales"}})).json()
    assert invited["invited_at"]
    assert "email_confirmed_at" not in invited
    (letter,) = mailed(email)
    session = (await auth("POST", "verify", json={"type": "invite", "token_hash": letter.token})).json()
    assert (session["user"]["id"], session["user"]["user_metadata"]) == (invited["id"], {"team": "sales"})
    await auth("PUT", "user", token=session["access_token"], json={"password": "long enough"})
    assert (await sign_in(email, "long enough")).status_code == 200
    again = await auth("POST", "invite", key="secret", json={"email": email})
    assert (again.status_code, again.json()["code"]) == (422, "email_exists")


async def test_4xx_invitations_that_are_refused(auth, person):
    taken = await auth("POST", "invite", key="secret", json={"email": person.email})
    assert (taken.status_code, taken.json()["code"]) == (422, "email_exists")
    nobody = await auth("POST", "invite", key="secret", json={})
    assert (nobody.status_code, nobody.json()["code"]) == (400, "validation_failed")


@pytest.mark.parametrize("path", ["invite", "admin/generate_link", "admin/users"])
async def test_403_nobody_but_the_service_invites(auth, person, org, path):
    body = {"email": "a@example.com", "type": "magiclink"}
    for token in (person.token, org.owner.token, org.agent("admin").token):
        answer = await auth("POST", path, token=token, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_admin")
    assert (await auth("POST", path, json=body)).json()["code"] == "no_authorization"


@pytest.mark.parametrize("kind", KINDS)
async def test_200_a_generated_link_opens_what_a_mailed_one_would(*, host, auth, person, email, http, mailed, kind):
    host(redirect_urls=frozenset({"https://shop.example/**"}), email_change_confirmed_twice=kind != "email_change_new")
    known = kind not in ("signup", "invite")
    body = {"type": kind, "email": person.email if known else email, "new_email": email, "password": "long enough"}
    made = await auth("POST", "admin/generate_link?redirect_to=https://shop.example/in", key="secret", json=body)
    link = made.json()
    assert (link["verification_type"], link["redirect_to"]) == (kind, "https://shop.example/in")
    assert link["email"] == body["email"]
    assert len(link["email_otp"]) == 6
    assert httpx.URL(link["action_link"]).params["token"] == link["hashed_token"]
    followed = (await http.get(link["action_link"])).headers["location"]
    assert followed.startswith("https://shop.example/in#")
    assert ("message=" if kind == "email_change_current" else "access_token=") in followed
    assert mailed(email) == mailed(person.email) == []


async def test_200_a_magic_link_for_somebody_new_is_a_sign_up(auth, email):
    made = (await auth("POST", "admin/generate_link", key="secret", json={"type": "magiclink", "email": email})).json()
    assert made["verification_type"] == "signup"
    body = {"type": "signup", "email": email, "token": made["email_otp"]}
    assert (await auth("POST", "verify", json=body)).json()["user"]["id"] == made["id"]


async def test_4xx_links_that_cannot_be_made(auth, person, sign_up, email):
    other = await sign_up()
    cases = [
        ({"type": "recovery", "email": email}, 404, "user_not_found"),
        ({"type": "email_change_new", "email": email, "new_email": "a@example.com"}, 404, "user_not_found"),
        ({"type": "signup", "email": email}, 400, "validation_failed"),
        ({"type": "signup", "email": email, "password": "short"}, 422, "weak_password"),
        ({"type": "signup", "email": person.email, "password": "long enough"}, 422, "email_exists"),
        ({"type": "invite", "email": person.email}, 422, "email_exists"),
        ({"type": "email_change_new", "email": person.email}, 400, "validation_failed"),
        ({"type": "email_change_new", "email": person.email, "new_email": other.email}, 422, "email_exists"),
        ({"type": "sms", "email": email}, 400, "validation_failed"),
        ({"type": "signup"}, 400, "validation_failed"),
    ]
    for body, status, code in cases:
        answer = await auth("POST", "admin/generate_link", key="secret", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
