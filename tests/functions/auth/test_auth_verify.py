"""/auth/v1/verify: what a code and a link open, once, and where a link leads."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

pytestmark = pytest.mark.anyio
SITE = "http://127.0.0.1:3000"


@pytest.fixture
def follow(http):
    """Open a mailed link as a browser without a key: where it leads, with the fields of fragment and query."""

    async def open_link(link: str) -> tuple[str, dict[str, str], dict[str, str]]:
        answer = await http.get(link)
        assert answer.status_code == 303, answer.text
        url = urlsplit(answer.headers["location"])
        fields = [{name: value[0] for name, value in parse_qs(text).items()} for text in (url.fragment, url.query)]
        return f"{url.scheme}://{url.netloc}{url.path}", fields[0], fields[1]

    return open_link


@pytest.fixture
def recovered(auth, person, mailed):
    """Return the mail that a forgotten password brings."""

    async def ask(**params):
        asked = await auth("POST", "recover", params=params, json={"email": person.email})
        assert asked.status_code == 200, asked.text
        return mailed(person.email)[0]

    return ask


async def test_303_a_link_leads_to_the_site_with_a_session(host, recovered, follow, auth, person):
    host(site_url=SITE)
    place, session, query = await follow((await recovered()).link)
    assert (place, query, session["type"], session["token_type"]) == (SITE, {}, "recovery", "bearer")
    assert session.keys() == {
        "access_token", "expires_at", "expires_in", "refresh_token", "token_type", "type",
    }  # fmt: skip
    shown = await auth("GET", "user", token=session["access_token"])
    assert shown.json()["id"] == person.id


async def test_303_a_link_works_once_and_says_what_is_wrong_the_second_time(host, recovered, follow):
    host(site_url=SITE)
    letter = await recovered(redirect_to=f"{SITE}/reset?step=2")
    assert (await follow(letter.link))[0] == f"{SITE}/reset"
    place, error, query = await follow(letter.link)
    assert (place, query) == (f"{SITE}/reset", {"step": "2"})
    assert (error["error"], error["error_code"]) == ("access_denied", "otp_expired")
    assert error["error_description"]


@pytest.mark.parametrize("way", ["post", "get", "otp"])
async def test_one_token_used_eight_times_at_once_opens_one_session(*, auth, recovered, http, person, way, elsewhere):
    letter = await recovered()

    async def use():
        if way == "get":
            return await http.get(letter.link, headers=elsewhere())
        code = {"token_hash": letter.token} if way == "post" else {"email": person.email, "token": letter.otp}
        return await auth("POST", "verify", json={"type": "recovery", **code}, headers=elsewhere())

    answers = await asyncio.gather(*(use() for _ in range(8)))
    opened = ["access_token" in (answer.headers.get("location") or answer.text) for answer in answers]
    assert sorted(opened) == [False] * 7 + [True]


@pytest.mark.parametrize("asked", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "http://8.8.8.8/"])
async def test_303_a_place_that_the_host_has_not_listed_gets_no_session(host, recovered, follow, asked):
    host(site_url=SITE, redirect_urls=frozenset({"https://*.shop.example/**"}))
    assert (await follow((await recovered(redirect_to=asked)).link))[0] == SITE


async def test_303_a_link_that_was_altered_to_lead_elsewhere_leads_to_the_site(host, recovered, follow):
    host(site_url=SITE)
    link = httpx.URL((await recovered()).link).copy_set_param("redirect_to", "https://evil.example/")
    assert (await follow(str(link)))[0] == SITE


async def test_303_places_that_the_host_has_listed(host, recovered, follow):
    host(site_url=SITE, redirect_urls=frozenset({"https://*.shop.example/**", "nexus-app://signed-in"}))
    letter = await recovered(redirect_to="https://app.shop.example/a/b")
    assert (await follow(letter.link))[0] == "https://app.shop.example/a/b"
    link = httpx.URL(letter.link).copy_set_param("redirect_to", "nexus-app://signed-in")
    assert (await follow(str(link)))[0] == "nexus-app://signed-in"


@pytest.mark.parametrize("kind", ["signup", "invite", "email_change"])
async def test_403_a_token_opens_nothing_but_what_it_was_mailed_for(auth, recovered, person, kind):
    letter = await recovered()
    for code in ({"token_hash": letter.token}, {"email": person.email, "token": letter.otp}):
        answer = await auth("POST", "verify", json={"type": kind, **code})
        assert (answer.status_code, answer.json()["code"]) == (403, "otp_expired")
    kept = await auth("POST", "verify", json={"type": "email", "token_hash": letter.token})
    assert kept.status_code == 200


async def test_403_a_code_is_good_for_its_own_address_alone_and_for_an_hour(auth, recovered, person, sign_up, tenants):
    letter, other = await recovered(), await sign_up()
    await auth("POST", "recover", json={"email": other.email})
    body = {"type": "recovery", "email": other.email, "token": letter.otp}
    assert (await auth("POST", "verify", json=body)).json()["code"] == "otp_expired"
    with tenants.database() as connection:
        connection.execute(
            "UPDATE auth.one_time_tokens SET created_at = now() - interval '61 minutes' WHERE user_id = %s",
            (person.id,),
        )
    late = await auth("POST", "verify", json={"type": "recovery", "token_hash": letter.token})
    assert (late.status_code, late.json()["code"]) == (403, "otp_expired")


async def test_403_a_banned_person_opens_nothing(auth, recovered, person, follow):
    letter = await recovered()
    await auth("PUT", f"admin/users/{person.id}", key="secret", json={"ban_duration": "24h"})
    answer = await auth("POST", "verify", json={"type": "recovery", "token_hash": letter.token})
    assert (answer.status_code, answer.json()["code"]) == (403, "user_banned")
    assert (await follow(letter.link))[1]["error_code"] == "user_banned"


async def test_a_new_password_takes_back_what_was_mailed_before(auth, recovered, person):
    letter = await recovered()
    await auth("PUT", "user", token=person.token, json={"password": "another one"})
    answer = await auth("POST", "verify", json={"type": "recovery", "token_hash": letter.token})
    assert answer.json()["code"] == "otp_expired"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "recovery"},
        {"type": "recovery", "token": "123456"},
        {"type": "recovery", "email": "a@example.com"},
        {"type": "recovery", "token_hash": "x", "email": "a@example.com"},
        {"type": "nothing", "token_hash": "x"},
        {"type": "recovery", "token": "123456", "email": "nobody"},
    ],
)
async def test_400_half_a_verification(auth, body):
    answer = await auth("POST", "verify", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


async def test_400_a_link_without_a_token_leads_nowhere(auth):
    for query in ("", "?type=signup", "?token=x", "?token=x&type=nothing"):
        answer = await auth("GET", f"verify{query}", key=None)
        assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


async def test_429_codes_of_one_address_cannot_be_guessed_from_many_places(auth, email, elsewhere):
    body = {"type": "email", "email": email, "token": "000000"}
    codes = [(await auth("POST", "verify", json=body, headers=elsewhere())).json()["code"] for _ in range(62)]
    assert codes[:30] == ["otp_expired"] * 30
    assert "over_request_rate_limit" in codes


async def test_405_for_head_of_a_link_which_stays_valid(auth, recovered, http, person, follow):
    letter = await recovered()
    looked_at = await http.head(letter.link)
    assert (looked_at.status_code, looked_at.headers["allow"], looked_at.content) == (405, "POST, GET", b"")
    assert "location" not in looked_at.headers
    asked = await auth("HEAD", "reauthenticate", token=person.token)
    assert asked.status_code == 405
    assert "access_token" in (await follow(letter.link))[1]


async def test_303_a_place_with_letters_beyond_ascii_is_led_to_in_percent_signs(host, recovered, follow):
    host(site_url=SITE, redirect_urls=frozenset({"https://متجر.example/**"}))
    for asked, place in [
        (f"{SITE}/لوحة/الطلبات?q=جديد", f"{SITE}/%D9%84%D9%88%D8%AD%D8%A9/%D8%A7%D9%84%D8%B7%D9%84%D8%A8%D8%A7%D8%AA"),
        (f"{SITE}/a%20b", f"{SITE}/a%20b"),
        ("https://متجر.example/طلب", "https://xn--pgbep1f.example/%D8%B7%D9%84%D8%A8"),
        (f"https://{'م' * 80}.example/", SITE),
    ]:
        letter = await recovered(redirect_to=asked)
        host(site_url=SITE, redirect_urls=frozenset({"https://متجر.example/**"}), mail_interval_s=0)
        assert (await follow(letter.link))[0] == place
        assert (await follow(letter.link))[1]["error_code"] == "otp_expired"
