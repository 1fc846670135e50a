"""/auth/v1: what proves an address takes from whoever came first with it all that was theirs."""

import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from shared.runtime.settings import settings
from tests.functions.auth.conftest import PASSWORD

pytestmark = pytest.mark.anyio
STRANGERS = "the stranger's own"


@pytest.fixture(params=[True, False], ids=["confirmed by the host", "confirmed by mail"])
async def taken(request, host, auth, email):
    """Return the address that a stranger has signed up with, and the stranger's session where there is one."""
    host(email_autoconfirm=request.param, mail_interval_s=0)
    made = await auth("POST", "signup", json={"email": email, "password": STRANGERS})
    assert made.status_code == 200, made.text
    return email, made.json().get("access_token"), made.json().get("refresh_token")


@pytest.fixture
def proved(auth, mailed, http):
    """Ask for a way in to the address by mail and use it: a session."""

    async def enter(email: str, way: str, key: str = "publishable"):
        path, kind = {
            "recovery": ("recover", "recovery"),
            "code": ("otp", "email"),
            "link": ("magiclink", "magiclink"),
            "invitation": ("invite", "invite"),
        }[way]
        asked = await auth("POST", path, json={"email": email}, key=key)
        assert asked.status_code == 200, asked.text
        letter = mailed(email)[0]
        if way == "link":
            location = (await http.get(letter.link)).headers["location"]
            return location.partition("access_token=")[2].partition("&")[0]
        code = {"email": email, "token": letter.otp} if way == "code" else {"token_hash": letter.token}
        return (await auth("POST", "verify", json={"type": kind, **code})).json()["access_token"]

    return enter


@pytest.mark.parametrize("way", ["recovery", "code", "link"])
async def test_a_proof_ends_the_password_and_sessions_of_an_unproven_sign_up(
    *, taken, proved, auth, sign_in, refresh, call, way
):
    email, access_token, refresh_token = taken
    token = await proved(email, way)
    assert (await auth("GET", "user", token=token)).json()["email"] == email
    assert (await sign_in(email, STRANGERS)).json()["code"] == "invalid_credentials"
    if access_token:
        assert (await auth("GET", "user", token=access_token)).json()["code"] == "session_not_found"
        assert (await refresh(refresh_token)).json()["code"] == "refresh_token_not_found"
        stranger = {"Authorization": f"Bearer {access_token}"}
        made = await call("organization-create", headers=stranger, json={"name": "Theirs"})
        assert (made.status_code, made.json()["error"]) == (401, "session_ended")


async def test_an_invitation_ends_an_unproven_password(host, auth, email, proved, sign_in):
    host(email_autoconfirm=False, mail_interval_s=0)
    await auth("POST", "signup", json={"email": email, "password": STRANGERS})
    await proved(email, "invitation", key="secret")
    assert (await sign_in(email, STRANGERS)).json()["code"] == "invalid_credentials"


async def test_a_proof_cancels_the_change_of_address_by_a_stranger(*, host, auth, sign_up, proved, mailed):
    host(mail_interval_s=0, email_change_confirmed_twice=False)
    stranger = await sign_up()
    theirs = f"x{stranger.email}"
    await auth("PUT", "user", token=stranger.token, json={"email": theirs})
    letter = mailed(theirs)[0]
    await proved(stranger.email, "recovery")
    await auth("POST", "resend", json={"type": "email_change", "email": stranger.email})
    assert len(mailed(theirs)) == 1
    used = await auth("POST", "verify", json={"type": "email_change", "token_hash": letter.token})
    assert (used.status_code, used.json()["code"]) == (403, "otp_expired")


async def test_a_proof_after_the_first_leaves_the_password(person, proved, auth, sign_in, host):
    host(mail_interval_s=0)
    token = await proved(person.email, "code")
    changed = await auth("PUT", "user", token=token, json={"password": "one of my own"})
    assert changed.status_code == 200
    await proved(person.email, "code")
    assert (await sign_in(person.email, "one of my own")).status_code == 200


@pytest.mark.parametrize("first", ["stranger", "owner"])
async def test_two_sign_ups_with_one_address_keep_no_password(*, host, auth, email, mailed, sign_in, first, elsewhere):
    host(email_autoconfirm=False, mail_interval_s=0)
    passwords = [STRANGERS, PASSWORD] if first == "stranger" else [PASSWORD, STRANGERS]
    answers = [
        await auth("POST", "signup", json={"email": email, "password": each}, headers=elsewhere()) for each in passwords
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json().keys() == answers[1].json().keys()
    letter = mailed(email)[0]
    confirmed = await auth("POST", "verify", json={"type": "signup", "token_hash": letter.token})
    assert confirmed.json()["user"]["email_confirmed_at"]
    for password in passwords:
        assert (await sign_in(email, password)).json()["code"] == "invalid_credentials"


async def test_a_second_sign_up_with_the_same_password_keeps_it(host, auth, email, mailed, sign_in):
    host(email_autoconfirm=False, mail_interval_s=0)
    for _ in range(2):
        await auth("POST", "signup", json={"email": email, "password": PASSWORD})
    body = {"type": "signup", "token_hash": mailed(email)[0].token}
    assert (await auth("POST", "verify", json=body)).status_code == 200
    assert (await sign_in(email, PASSWORD)).status_code == 200


async def test_429_for_a_second_sign_up_within_a_minute(host, auth, email, mailed, sign_in):
    host(email_autoconfirm=False, mail_interval_s=60)
    await auth("POST", "signup", json={"email": email, "password": STRANGERS})
    again = await auth("POST", "signup", json={"email": email, "password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (429, "over_email_send_rate_limit")
    await auth("POST", "verify", json={"type": "signup", "token_hash": mailed(email)[0].token})
    assert (await sign_in(email, STRANGERS)).json()["code"] == "invalid_credentials"


async def test_an_account_confirmed_by_the_service_keeps_its_password(host, auth, email, proved, sign_in):
    host(mail_interval_s=0)
    body = {"email": email, "password": PASSWORD, "email_confirm": True}
    assert (await auth("POST", "admin/users", key="secret", json=body)).status_code == 200
    await proved(email, "code")
    assert (await sign_in(email, PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    ("mail_url", "wanted", "holds"),
    [
        (None, True, True),
        ("file:///tmp/mail", True, True),
        ("smtps://user:password@mail.example:465", True, False),
        ("smtp+plain://127.0.0.1:25", True, False),
        (None, False, False),
    ],
)
def test_a_host_with_a_mail_server_confirms_no_address_by_itself(base_url, mail_url, wanted, holds):
    url = SecretStr(mail_url) if mail_url else None
    assert replace(settings(), mail_url=url, email_autoconfirm=wanted).confirms_by_itself is holds


async def test_200_answers_a_sign_up_of_a_known_address_like_any_other(host, auth, person, email):
    host(mail_url=SecretStr("smtp+plain://127.0.0.1:25"), mail_interval_s=0)
    known, new = [
        await auth("POST", "signup", json={"email": each, "password": PASSWORD}) for each in (person.email, email)
    ]
    assert (known.status_code, known.json().keys()) == (new.status_code, new.json().keys())
    assert "access_token" not in new.json()


async def test_200_does_not_reveal_that_an_address_is_known(*, auth, person, sign_up, email, mailed, host):
    other = await sign_up()
    host(mail_interval_s=0)
    answers = [await auth("PUT", "user", token=person.token, json={"email": each}) for each in (email, other.email)]
    free, known = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (free.keys(), known["new_email"]) == (known.keys(), other.email)
    assert mailed(other.email) == []
    assert len(mailed(person.email)) == 2
