"""/auth/v1: what people ask for by mail, and what a stranger learns from the answers."""

import asyncio

import pytest

from shared.platform.accounts.equal_time import STEP_S

pytestmark = pytest.mark.anyio


@pytest.fixture
async def unconfirmed(host, auth, email):
    """Return the address of somebody who has signed up and not opened the mail yet."""
    host(email_autoconfirm=False, mail_interval_s=0)
    made = await auth("POST", "signup", json={"email": email, "password": "long enough"})
    assert made.status_code == 200, made.text
    return email


async def test_200_resets_a_password_by_the_mailed_code(auth, person, mailed, sign_in):
    assert (await auth("POST", "recover", json={"email": person.email})).json() == {}
    (letter,) = mailed(person.email)
    assert person.email in letter.text
    body = {"type": "recovery", "email": person.email.upper(), "token": letter.otp}
    entered = await auth("POST", "verify", json=body)
    assert entered.json()["user"]["id"] == person.id
    token = entered.json()["access_token"]
    assert (await auth("PUT", "user", token=token, json={"password": "another one"})).status_code == 200
    assert (await sign_in(person.email, "another one")).status_code == 200
    again = await auth("POST", "verify", json=body)
    assert (again.status_code, again.json()["code"]) == (403, "otp_expired")


@pytest.mark.parametrize("path", ["otp", "magiclink"])
async def test_200_a_code_signs_somebody_new_up(auth, email, mailed, path):
    assert (await auth("POST", path, json={"email": email, "data": {"name": "Mona"}})).json() == {}
    (letter,) = mailed(email)
    entered = (await auth("POST", "verify", json={"type": "email", "email": email, "token": letter.otp})).json()
    assert entered["user"]["email"] == email
    assert entered["user"]["email_confirmed_at"]
    assert entered["user"]["user_metadata"] == ({"name": "Mona"} if path == "otp" else {})


async def test_200_where_addresses_are_confirmed_the_mailed_link_confirms_it(auth, unconfirmed, mailed, sign_in):
    assert (await sign_in(unconfirmed, "long enough")).json()["code"] == "email_not_confirmed"
    (letter,) = mailed(unconfirmed)
    confirmed = await auth("POST", "verify", json={"type": "signup", "token_hash": letter.token})
    assert confirmed.json()["user"]["email_confirmed_at"]
    assert (await sign_in(unconfirmed, "long enough")).status_code == 200


async def test_200_a_sign_up_is_mailed_again_and_the_code_before_it_stops_to_work(auth, unconfirmed, mailed):
    assert (await auth("POST", "resend", json={"type": "signup", "email": unconfirmed})).json() == {}
    newer, older = mailed(unconfirmed)
    body = {"type": "signup", "email": unconfirmed}
    assert (await auth("POST", "verify", json={**body, "token": older.otp})).status_code == 403
    assert (await auth("POST", "verify", json={**body, "token": newer.otp})).status_code == 200
    await auth("POST", "resend", json={"type": "signup", "email": unconfirmed})
    assert len(mailed(unconfirmed)) == 2


async def test_a_sign_in_by_code_removes_an_unproven_password(auth, unconfirmed, mailed, sign_in):
    await auth("POST", "otp", json={"email": unconfirmed})
    letter = mailed(unconfirmed)[0]
    entered = await auth("POST", "verify", json={"type": "email", "email": unconfirmed, "token": letter.otp})
    assert entered.status_code == 200
    assert (await sign_in(unconfirmed, "long enough")).json()["code"] == "invalid_credentials"


async def test_200_every_address_gets_the_same_answer_and_only_accounts_get_mail(host, auth, person, email, mailed):
    host(mail_interval_s=0)
    cases: list[tuple[str, dict[str, object]]] = [
        ("recover", {}),
        ("otp", {"create_user": False}),
        ("resend", {"type": "signup"}),
        ("resend", {"type": "email_change"}),
    ]
    for path, body in cases:
        answers = [await auth("POST", path, json={"email": each, **body}) for each in (person.email, email)]
        assert {(answer.status_code, answer.text) for answer in answers} == {(200, "{}")}, path
    assert mailed(email) == []
    assert len(mailed(person.email)) == 2


async def test_200_creates_no_account_while_sign_ups_are_closed(host, auth, email, mailed):
    host(signup_enabled=False)
    assert (await auth("POST", "otp", json={"email": email})).json() == {}
    assert mailed(email) == []


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("path", ["recover", "otp"])
async def test_429_mails_any_address_once_a_minute(auth, person, email, path, is_known):
    body = {"email": person.email if is_known else email, "create_user": False}
    assert (await auth("POST", path, json=body)).status_code == 200
    refused = await auth("POST", path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (429, "over_email_send_rate_limit")
    assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_two_concurrent_requests_for_one_address_serve_one(auth, person, mailed):
    answers = await asyncio.gather(*(auth("POST", "recover", json={"email": person.email}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 429, 429, 429]
    assert len(mailed(person.email)) == 1


@pytest.mark.parametrize("is_known", [True, False])
async def test_429_limits_the_mails_of_one_network_only(
    *, host, auth, person, email, elsewhere, mailed, tenants, is_known
):
    host(mails_per_hour=3)
    for number in range(3):
        asked = await auth("POST", "otp", json={"email": f"{number}{email}", "create_user": False})
        assert asked.status_code == 200
    with tenants.database() as database:
        database.execute("UPDATE auth.mail_requests SET counted_from = counted_from - interval '40 minutes'")
    body = {"email": person.email if is_known else email, "create_user": False}
    refused = await auth("POST", "otp", json=body)
    assert (refused.status_code, refused.json()["code"]) == (429, "over_email_send_rate_limit")
    assert 0 < int(refused.headers["retry-after"]) <= 1200
    assert (await auth("POST", "otp", json=body, headers=elsewhere())).status_code == 200
    assert len(mailed(person.email)) == is_known


async def test_429_limits_mails_to_one_mailbox_in_all_its_spellings(host, auth, email, elsewhere):
    host(mails_to_address_per_hour=2, mail_interval_s=0)
    name, _, domain = email.partition("@")
    spelled = [email, f"{name}+1@{domain}", f"{name.upper()}+2@{domain}"]
    statuses = [
        (await auth("POST", "otp", json={"email": each, "create_user": False}, headers=elsewhere())).status_code
        for each in spelled
    ]
    assert statuses == [200, 200, 429]


async def test_an_answer_takes_as_long_for_an_address_without_an_account(auth, person, email, host):
    host(mail_interval_s=0)
    cases: list[tuple[str, dict[str, object]]] = [
        ("recover", {}),
        ("otp", {"create_user": False}),
        ("resend", {"type": "signup"}),
    ]
    for path, body in cases:
        for address in (person.email, email):
            asked = await auth("POST", path, json={"email": address, **body})
            assert asked.elapsed.total_seconds() >= STEP_S, path


async def test_200_writes_arabic_mails_to_arabic_readers(auth, sign_up, mailed):
    chosen = await sign_up(data={"locale": "ar-EG"})
    await auth("POST", "recover", json={"email": chosen.email}, headers={"Accept-Language": "en"})
    asked = await sign_up()
    await auth("POST", "recover", json={"email": asked.email}, headers={"Accept-Language": "fr, ar;q=0.9"})
    for person in (chosen, asked):
        (letter,) = mailed(person.email)
        assert (letter.language, letter.subject) == ("ar", "تعيين كلمة مرور جديدة")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("recover", {}, "validation_failed"),
        ("recover", {"email": "nobody"}, "validation_failed"),
        ("otp", {}, "validation_failed"),
        ("otp", {"phone": "+201000000000"}, "phone_provider_disabled"),
        ("otp", {"code_challenge": "x" * 43}, "validation_failed"),
        ("otp", {"code_challenge": "x" * 42, "code_challenge_method": "s256"}, "validation_failed"),
        ("otp", {"code_challenge": "x" * 43, "code_challenge_method": "md5"}, "validation_failed"),
        ("resend", {"type": "signup"}, "validation_failed"),
        ("resend", {"type": "recovery", "email": "a@example.com"}, "validation_failed"),
        ("resend", {"type": "sms", "phone": "+201000000000"}, "phone_provider_disabled"),
    ],
)  # fmt: skip
async def test_400_what_cannot_be_mailed(auth, path, body, code):
    address = {"email": "a@example.com"} if "code_challenge" in body else {}
    answer = await auth("POST", path, json=address | body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_422_a_host_that_sends_no_mail_says_so(host, auth, person):
    host(mail_url=None)
    asked = [("recover", {}), ("otp", {}), ("magiclink", {}), ("resend", {"type": "signup"})]
    for path, body in asked:
        answer = await auth("POST", path, json={"email": person.email, **body})
        assert (answer.status_code, answer.json()["code"]) == (422, "otp_disabled")
    moved = await auth("PUT", "user", token=person.token, json={"email": "other@example.com"})
    assert (moved.status_code, moved.json()["code"]) == (422, "otp_disabled")
    assert (await auth("GET", "reauthenticate", token=person.token)).json()["code"] == "otp_disabled"
    assert (await auth("POST", "invite", key="secret", json={"email": "a@example.com"})).status_code == 422


async def test_mailed_codes_cannot_be_read_in_the_database(auth, person, mailed, tenants):
    await auth("POST", "recover", json={"email": person.email})
    with tenants.database() as connection:
        waiting = connection.execute("SELECT sealed FROM auth.outgoing_mail WHERE sealed IS NOT NULL").fetchall()
        (letter,) = mailed(person.email)
        tokens = connection.execute("SELECT one_time_tokens::text FROM auth.one_time_tokens").fetchall()
        left = connection.execute("SELECT sealed FROM auth.outgoing_mail WHERE sealed IS NOT NULL").fetchall()
    assert waiting
    assert not left
    assert not any(person.email.encode() in sealed for (sealed,) in waiting)
    assert not any(letter.token in row or f"{letter.otp}," in row for (row,) in tokens)
