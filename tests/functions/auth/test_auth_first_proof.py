"""The first proof of an address: what somebody made under it before ends, and what its owner makes after it works."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio
PDF = {"Content-Type": "application/pdf"}


@pytest.fixture
def bearer():
    return lambda token: {"Authorization": f"Bearer {token}"}


@pytest.fixture
def proved(auth, mailed):
    """Return a session by a mailed code."""

    async def enter(email):
        await auth("POST", "otp", json={"email": email})
        code = {"type": "email", "email": email, "token": mailed(email)[0].otp}
        return (await auth("POST", "verify", json=code)).json()

    return enter


@pytest.fixture
async def stranger(*, host, sign_up, call, refresh, bearer, tenants):
    """Return somebody who signed up with another's address and made an organization: the token and the organization."""
    host(mail_interval_s=0)
    person = await sign_up()
    made = await call("organization-create", headers=bearer(person.token), json={"name": "Theirs"})
    assert made.status_code == 201, made.text
    with tenants.database() as database:
        database.execute("UPDATE organizations SET plan_code = 'growth' WHERE id = %s", (made.json()["id"],))
    person.session |= (await refresh(person.refresh_token)).json()
    return person


@pytest.fixture
def make_door(call, http, bearer, elsewhere):
    """Return a key with its token, and the two kinds of signed address, made by whoever has the token."""

    async def make(token):
        made = await call("agent-api-key-create", headers=bearer(token), json={"name": "A door", "scopes": ["write"]})
        assert made.status_code == 201, made.text
        key, organization = made.json()["api_key"], made.json()["organization_id"]
        agent = (await call("agent-auth", headers=elsewhere(), json={"api_key": key})).json()["access_token"]
        place = f"labels/{organization}/{made.json()['key_prefix']}"
        doors = {"key": key, "agent": agent}
        for who, by in (("person", token), ("agent", agent)):
            at = f"{place}-{who}"
            put = await http.post(f"/storage/v1/object/{at}", headers=bearer(by) | PDF, content=b"%PDF")
            assert put.status_code == 200, put.text
            read = await http.post(f"/storage/v1/object/sign/{at}", headers=bearer(by), json={"expiresIn": 600})
            write = await http.post(f"/storage/v1/object/upload/sign/{at}-new", headers=bearer(by))
            doors |= {f"read by {who}": read.json()["signedURL"], f"write by {who}": write.json()["url"]}
        return doors

    return make


@pytest.fixture
def opened(call, http, bearer, elsewhere):
    """Return the status that each door answers."""

    async def knock(doors):
        key = doors["key"]
        return {
            "key": (await call("agent-auth", headers=elsewhere(), json={"api_key": key})).status_code,
            "agent": (await call("agent-usage", method="GET", headers=bearer(doors["agent"]))).status_code,
            **{
                f"read by {who}": (await http.get(f"/storage/v1{doors[f'read by {who}']}")).status_code
                for who in ("person", "agent")
            },
            **{
                f"write by {who}": (
                    await http.put(f"/storage/v1{doors[f'write by {who}']}", content=b"%PDF", headers=PDF)
                ).status_code
                for who in ("person", "agent")
            },
        }

    return knock


async def test_the_first_proof_ends_keys_their_tokens_and_signed_addresses(*, stranger, make_door, proved, opened):
    doors = await make_door(stranger.token)
    await proved(stranger.email)
    assert set((await opened(doors)).values()) <= {400, 401}


async def test_the_proven_owner_of_an_address_owns_the_organization(
    *, stranger, make_door, proved, opened, call, bearer
):
    before = await make_door(stranger.token)
    token = (await proved(stranger.email))["access_token"]
    listed = await call("agent-api-key-list", method="GET", headers=bearer(token))
    assert listed.json()["data"] == []
    doors = await make_door(token)
    assert set((await opened(doors)).values()) == {200}
    await proved(stranger.email)
    assert (await opened(doors))["read by person"] == 200
    assert (await opened(before))["agent"] == 401


@pytest.fixture
def said(auth, proved):
    """Return the metadata of whoever proves the address."""

    async def of(email):
        return (await proved(email))["user"]["user_metadata"]

    return of


THEIRS = {"name": "Whoever came first", "locale": "ar"}


@pytest.mark.parametrize("autoconfirm", [True, False])
@pytest.mark.parametrize("way", ["signup", "otp"])
async def test_a_proof_ends_the_metadata_of_who_came_first(*, host, auth, email, said, way, autoconfirm):
    host(email_autoconfirm=autoconfirm, mail_interval_s=0)
    body = {"email": email, "data": THEIRS} | ({"password": "the stranger's own"} if way == "signup" else {})
    assert (await auth("POST", way, json=body)).status_code == 200
    assert await said(email) == {}


async def test_the_metadata_of_the_mail_that_proves_take_the_place_of_those_before(*, host, auth, email, mailed):
    host(email_autoconfirm=False, mail_interval_s=0)
    for data in (THEIRS, {"name": "Layla"}):
        await auth("POST", "otp", json={"email": email, "data": data})
    code = {"type": "email", "email": email, "token": mailed(email)[0].otp}
    user = (await auth("POST", "verify", json=code)).json()["user"]
    assert user["user_metadata"] == {"name": "Layla"}
    await auth("POST", "otp", json={"email": email, "data": THEIRS})
    code["token"] = mailed(email)[0].otp
    assert (await auth("POST", "verify", json=code)).json()["user"]["user_metadata"] == {"name": "Layla"}


async def test_a_sign_up_keeps_what_it_said_by_its_own_mail(*, host, auth, email, mailed, sign_in):
    host(email_autoconfirm=False, mail_interval_s=0)
    await auth("POST", "signup", json={"email": email, "password": "one of my own", "data": {"name": "Layla"}})
    await auth("POST", "resend", json={"type": "signup", "email": email})
    await auth("POST", "verify", json={"type": "signup", "token_hash": mailed(email)[0].token})
    user = (await sign_in(email, "one of my own")).json()["user"]
    assert user["user_metadata"] == {"name": "Layla"}


async def test_the_claims_of_the_service_about_a_person_stay(*, host, auth, email, said):
    host(mail_interval_s=0)
    body = {"email": email, "user_metadata": {"name": "Layla"}}
    assert (await auth("POST", "admin/users", key="secret", json=body)).status_code == 200
    assert await said(email) == {"name": "Layla"}


@pytest.mark.parametrize("way", ["signup", "otp", "resend"])
async def test_only_its_organization_ends_an_invitation(*, host, auth, email, mailed, elsewhere, way):
    host(email_autoconfirm=False, mail_interval_s=0)
    await auth("POST", "invite", key="secret", json={"email": email, "data": {"name": "Layla"}})
    invitation = mailed(email)[0]
    bodies: dict[str, dict[str, Any]] = {
        "signup": {"password": "the stranger's own", "data": THEIRS},
        "otp": {"data": THEIRS},
    }
    body = {"email": email, **bodies.get(way, {"type": "signup"})}
    assert (await auth("POST", way, json=body, headers=elsewhere())).status_code == 200
    code = {"type": "invite", "email": email, "token": invitation.otp}
    opened = await auth("POST", "verify", json=code)
    assert opened.status_code == 200, opened.text
    assert opened.json()["user"]["user_metadata"] == {"name": "Layla"}
    newer = await auth("POST", "verify", json={"type": "signup", "token_hash": mailed(email)[0].token})
    assert (newer.status_code, newer.json()["code"]) == (403, "otp_expired")


async def test_a_second_sign_up_leaves_the_code_of_the_first(*, host, auth, email, mailed, elsewhere):
    host(email_autoconfirm=False, mail_interval_s=0)
    await auth("POST", "signup", json={"email": email, "password": "one of my own"})
    first = mailed(email)[0]
    await auth("POST", "signup", json={"email": email, "password": "the stranger's own"}, headers=elsewhere())
    opened = await auth("POST", "verify", json={"type": "signup", "token_hash": first.token})
    assert opened.status_code == 200, opened.text
