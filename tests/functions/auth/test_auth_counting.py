"""/auth/v1: callers are counted by network, and strangers do not use up what an account's owner may."""

import secrets

import pytest

from tests.functions.auth.conftest import PASSWORD

pytestmark = pytest.mark.anyio
WRONG = "a wrong one"


@pytest.fixture
def try_in(auth):
    async def attempt(email: str, address: str, password: str = WRONG) -> str:
        body = {"email": email, "password": password}
        answer = await auth("POST", "token?grant_type=password", json=body, headers={"X-Forwarded-For": address})
        return str(answer.json().get("code", "signed in"))

    return attempt


@pytest.fixture
def network():
    """Return the first four groups of an IPv6 network of the test's own."""
    return "2001:db8:" + ":".join(f"{secrets.randbelow(65_000) + 1:x}" for _ in range(2))


async def test_429_counts_the_addresses_of_a_network_as_one(try_in, network):
    codes = []
    for number in range(62):
        spelled = [f"{network}::{number:x}", f"[{network}::{number:x}]:{number + 1}", f"{network}:0:0:1:{number:x}"]
        codes.append(await try_in(f"{number}{network}@example.com".replace(":", "."), spelled[number % 3]))
    assert codes[:30] == ["invalid_credentials"] * 30
    assert "over_request_rate_limit" in codes
    assert await try_in("a@example.com", f"{network[:-1]}0:1::1") != "over_request_rate_limit"


async def test_429_what_fails_at_one_account_from_one_place_waits(try_in, person, address):
    codes = [await try_in(person.email, address) for _ in range(31)]
    assert "over_request_rate_limit" in codes


async def test_strangers_do_not_lock_out_a_known_address(*, try_in, sign_in, person, elsewhere):
    assert (await sign_in(person.email)).status_code == 200
    codes = [await try_in(person.email, elsewhere()["X-Forwarded-For"]) for _ in range(122)]
    assert codes[:60] == ["invalid_credentials"] * 60
    assert "over_request_rate_limit" in codes
    strange = await try_in(person.email, elsewhere()["X-Forwarded-For"], PASSWORD)
    assert strange == "over_request_rate_limit"
    assert (await sign_in(person.email)).status_code == 200


async def test_a_right_password_is_not_counted(sign_in, person, try_in, elsewhere):
    for _ in range(65):
        assert await try_in(person.email, elsewhere()["X-Forwarded-For"], PASSWORD) == "signed in"


async def test_strangers_do_not_use_up_the_codes_of_others(*, auth, person, mailed, elsewhere, host):
    host(mail_interval_s=0)
    await auth("POST", "otp", json={"email": person.email})
    letter = mailed(person.email)[0]
    wrong = {"type": "email", "email": person.email, "token": "000000" if letter.otp != "000000" else "000001"}
    codes = [(await auth("POST", "verify", json=wrong, headers=elsewhere())).json()["code"] for _ in range(62)]
    assert "over_request_rate_limit" in codes
    entered = await auth("POST", "verify", json={**wrong, "token": letter.otp})
    assert entered.status_code == 200


async def test_429_for_guessing_a_code_after_a_request(auth, person):
    await auth("POST", "otp", json={"email": person.email})
    wrong = {"type": "signup", "email": person.email, "token": "000000"}
    codes = [(await auth("POST", "verify", json=wrong)).json()["code"] for _ in range(21)]
    assert codes[:10] == ["otp_expired"] * 10
    assert "over_request_rate_limit" in codes
