"""/auth/v1: flows that a mailed link ends with a code, for the application that began them."""

import asyncio
import hashlib
import secrets
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def verifier():
    return secrets.token_urlsafe(48)


@pytest.fixture
def challenges(verifier):
    hashed = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return {
        "s256": {"code_challenge": hashed, "code_challenge_method": "s256"},
        "plain": {"code_challenge": verifier, "code_challenge_method": "plain"},
    }


@pytest.fixture
def code_of(http):
    """Return the code that following a link ends with."""

    async def follow(link):
        location = urlsplit((await http.get(link)).headers["location"])
        assert not location.fragment
        return parse_qs(location.query)["code"][0]

    return follow


@pytest.fixture
def exchange(auth, verifier):
    async def send(code: str, **body):
        return await auth("POST", "token?grant_type=pkce", json={"auth_code": code, "code_verifier": verifier, **body})

    return send


@pytest.mark.parametrize("method", ["s256", "plain"])
@pytest.mark.parametrize(("path", "amr"), [("recover", "recovery"), ("otp", "magiclink")])
async def test_200_opens_a_session_for_the_holder_of_the_verifier(
    *, auth, person, mailed, challenges, code_of, exchange, method, path, amr
):
    await auth("POST", path, json={"email": person.email, **challenges[method]})
    (letter,) = mailed(person.email)
    assert letter.token.startswith("pkce_")
    session = (await exchange(await code_of(letter.link))).json()
    assert session["user"]["id"] == person.id
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert [each["method"] for each in claims["amr"]] == [amr]


async def test_200_a_sign_up_that_is_confirmed_ends_with_a_code(
    *, host, auth, email, mailed, challenges, code_of, exchange
):
    host(email_autoconfirm=False)
    body = {"email": email, "password": "long enough", **challenges["s256"]}
    assert "access_token" not in (await auth("POST", "signup", json=body)).json()
    session = (await exchange(await code_of(mailed(email)[0].link))).json()
    assert session["user"]["email_confirmed_at"]


async def test_4xx_codes_that_open_nothing(*, auth, person, mailed, challenges, code_of, exchange, tenants):
    await auth("POST", "otp", json={"email": person.email, **challenges["s256"]})
    code = await code_of(mailed(person.email)[0].link)
    cases = [
        (code, {"code_verifier": "x" * 64}, 400, "bad_code_verifier"),
        (code, {"code_verifier": ""}, 400, "validation_failed"),
        ("", {}, 400, "validation_failed"),
        (secrets.token_hex(16), {}, 404, "flow_state_not_found"),
    ]
    for sent, body, status, told in cases:
        answer = await exchange(sent, **body)
        assert (answer.status_code, answer.json()["code"]) == (status, told)
    with tenants.database() as connection:
        connection.execute(
            "UPDATE auth.flow_state SET auth_code_issued_at = now() - interval '6 minutes' WHERE user_id = %s",
            (person.id,),
        )
    late = await exchange(code)
    assert (late.status_code, late.json()["code"]) == (403, "flow_state_expired")


async def test_one_code_exchanged_six_times_at_once_opens_one_session(
    *, auth, person, mailed, challenges, code_of, exchange
):
    await auth("POST", "otp", json={"email": person.email, **challenges["s256"]})
    code = await code_of(mailed(person.email)[0].link)
    answers = await asyncio.gather(*(exchange(code) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 5


async def test_303_returns_the_error_of_a_failed_flow_in_the_query(auth, person, mailed, challenges, http):
    await auth("POST", "otp", json={"email": person.email, **challenges["s256"]})
    (letter,) = mailed(person.email)
    await http.get(letter.link)
    location = urlsplit((await http.get(letter.link)).headers["location"])
    for told in (location.query, location.fragment):
        assert parse_qs(told)["error_code"] == ["otp_expired"]


async def test_200_a_code_that_is_typed_opens_a_session_in_a_flow_too(auth, person, mailed, challenges):
    await auth("POST", "otp", json={"email": person.email, **challenges["s256"]})
    (letter,) = mailed(person.email)
    body = {"type": "magiclink", "email": person.email, "token": letter.otp}
    assert (await auth("POST", "verify", json=body)).json()["access_token"]


async def test_403_for_a_link_without_the_prefix_of_its_flow(auth, person, mailed, challenges, http):
    await auth("POST", "otp", json={"email": person.email, **challenges["s256"]})
    (letter,) = mailed(person.email)
    cut = letter.token.removeprefix("pkce_")
    location = urlsplit((await http.get(letter.link.replace(letter.token, cut))).headers["location"])
    assert parse_qs(location.fragment)["error_code"] == ["otp_expired"]
    posted = await auth("POST", "verify", json={"type": "magiclink", "token_hash": cut})
    assert (posted.status_code, posted.json()["code"]) == (403, "otp_expired")
    location = urlsplit((await http.get(letter.link)).headers["location"])
    assert parse_qs(location.query).keys() == {"code"}
