"""/auth/v1: signing up and in, one's own account, and the organization in the token."""

import asyncio
import uuid

import bcrypt
import jwt
import pytest

pytestmark = pytest.mark.anyio


async def test_200_signing_up_gives_a_session_with_every_claim(person, base_url):
    claims = jwt.decode(person.token, options={"verify_signature": False})
    assert claims.pop("exp") - claims.pop("iat") == 3600
    assert claims.pop("session_id")
    assert [each["method"] for each in claims.pop("amr")] == ["password"]
    assert claims == {
        "iss": f"{base_url}/auth/v1",
        "sub": person.id,
        "aud": "authenticated",
        "email": person.email,
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
        "role": "authenticated",
        "aal": "aal1",
        "is_anonymous": False,
    }
    assert jwt.get_unverified_header(person.token)["alg"] == "ES256"
    session = person.session
    assert (session["expires_in"], session["weak_password"]) == (3600, None)
    assert session["user"]["identities"][0]["identity_data"]["email"] == person.email
    assert session["user"]["email_confirmed_at"]
    assert session["user"]["last_sign_in_at"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"password": "short"}, 422, "weak_password"),
        ({"password": "ب" * 37}, 400, "validation_failed"),
        ({"password": "with\0nul"}, 400, "validation_failed"),
        ({"password": ""}, 400, "validation_failed"),
        ({"password": None}, 400, "validation_failed"),
        ({"password": 12345678}, 400, "validation_failed"),
        ({"email": "nobody"}, 400, "validation_failed"),
        ({"email": "a@b@example.com"}, 400, "validation_failed"),
        ({"email": "nul\0@example.com"}, 400, "validation_failed"),
        ({"email": f"{'a' * 250}@example.com"}, 400, "validation_failed"),
        ({"email": ""}, 422, "anonymous_provider_disabled"),
        ({"phone": "+201000000000"}, 400, "phone_provider_disabled"),
        ({"data": {"bio": "ب" * 1000}}, 422, "metadata_too_large"),
        ({"data": {"bio": "nul\0"}}, 400, "validation_failed"),
        ({"data": []}, 400, "validation_failed"),
        ({"data": {"n": 10**400}}, 400, "validation_failed"),
    ],
)
async def test_4xx_sign_ups_that_are_refused(auth, email, body, status, code):
    answer = await auth("POST", "signup", json={"email": email, "password": "long enough", **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_422_for_a_known_address_in_any_case(person, auth):
    body = {"email": person.email.upper(), "password": "long enough"}
    answer = await auth("POST", "signup", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "user_already_exists")


@pytest.mark.parametrize(
    "spell", ["mailto:{}".format, "\u200e{}\u3164.".format, lambda text: text.replace("@", "\uff20"), " <{}>".format]
)
async def test_an_account_is_one_in_every_spelling_of_its_address(person, auth, spell):
    body = {"email": spell(person.email), "password": person.password}
    taken = await auth("POST", "signup", json=body)
    assert (taken.status_code, taken.json()["code"]) == (422, "user_already_exists")
    found = await auth("POST", "token?grant_type=password", json=body)
    assert (found.status_code, found.json()["user"]["email"]) == (200, person.email)


async def test_two_sign_ups_with_one_address_at_once_make_one_account(auth, email):
    body = {"email": email, "password": "long enough"}
    answers = await asyncio.gather(*(auth("POST", "signup", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]


async def test_422_when_sign_ups_are_closed(host, auth, email):
    host(signup_enabled=False)
    answer = await auth("POST", "signup", json={"email": email, "password": "long enough"})
    assert (answer.status_code, answer.json()["code"]) == (422, "signup_disabled")


async def test_200_where_addresses_are_confirmed_a_stranger_learns_of_no_account(host, auth, email, sign_in):
    host(email_autoconfirm=False, mail_url=None)
    body = {"email": email, "password": "long enough", "data": {"name": "Mona"}}
    new, known = [(await auth("POST", "signup", json=body)).json() for _ in range(2)]
    assert "access_token" not in new
    assert new.keys() == known.keys()
    assert new["identities"][0].keys() == known["identities"][0].keys()
    varying = {"id", "identities", "created_at", "updated_at"}
    assert {name: new[name] for name in new.keys() - varying} == {name: known[name] for name in known.keys() - varying}
    refused = await sign_in(email, "long enough")
    assert (refused.status_code, refused.json()["code"]) == (400, "email_not_confirmed")
    await auth("PUT", f"admin/users/{new['id']}", key="secret", json={"email_confirm": True})
    assert (await sign_in(email, "long enough")).status_code == 200


async def test_400_is_the_same_for_an_unknown_address_and_a_wrong_password(person, sign_in, monkeypatch):
    costs = []
    check = bcrypt.checkpw

    def counted(password: bytes, hashed: bytes) -> bool:
        costs.append(hashed[:7])
        return check(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    answers = [
        await sign_in(person.email, "wrong one"),
        await sign_in("nobody@example.com", "wrong one"),
        await sign_in("no address", "wrong one"),
        await sign_in(person.email, "x" * 73),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(400, answers[0].text)}
    assert answers[0].json()["code"] == "invalid_credentials"
    assert costs == [b"$2b$04$"] * 4


@pytest.mark.parametrize("body", [{}, {"email": "a@example.com"}, {"password": "long enough"}, {"email": 7}])
async def test_400_signing_in_with_half_a_body(auth, body):
    answer = await auth("POST", "token?grant_type=password", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


async def test_200_looking_at_oneself(person, auth):
    answer = await auth("GET", "user", token=person.token)
    shown = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (shown["id"], shown["email"], shown["aud"]) == (person.id, person.email, "authenticated")
    assert "encrypted_password" not in answer.text
    assert "$2b$" not in answer.text


async def test_200_metadata_are_merged_and_null_takes_a_name_out(sign_up, auth):
    person = await sign_up(data={"name": "Mona", "city": "Giza", "deep": {"kept": None}})
    answer = await auth("PUT", "user", token=person.token, json={"data": {"city": None, "age": 3}})
    assert answer.json()["user_metadata"] == {"name": "Mona", "age": 3, "deep": {"kept": None}}


async def test_4xx_changes_of_oneself_that_are_refused(person, sign_up, auth):
    other = await sign_up()
    cases = [
        ({"password": person.password}, 422, "same_password"),
        ({"password": "short"}, 422, "weak_password"),
        ({"app_metadata": {"organization_id": other.id}}, 403, "not_admin"),
        ({"phone": "+201000000000"}, 400, "phone_provider_disabled"),
        ({"data": {"bio": "x" * 4001}}, 422, "metadata_too_large"),
    ]
    for body, status, code in cases:
        answer = await auth("PUT", "user", token=person.token, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    weak = await auth("PUT", "user", token=person.token, json={"password": "short"})
    assert weak.json()["weak_password"] == {"reasons": ["length"]}


async def test_403_for_a_role_and_an_organization_in_user_metadata(sign_up, call):
    forged = {"org_role": "owner", "organization_id": "00000000-0000-0000-0000-000000000001", "role": "service_role"}
    person = await sign_up(data=forged)
    answer = await call("agent-usage", method="GET", headers={"Authorization": f"Bearer {person.token}"})
    assert (answer.status_code, answer.json()["error"]) == (403, "no_organization")


async def test_a_host_without_a_token_hook_signs_the_claims_as_they_are(tenants, person):
    with tenants.database() as connection, connection.transaction(force_rollback=True):
        connection.execute("DROP FUNCTION app.custom_access_token_hook(jsonb)")
        claims = connection.execute(
            """SELECT auth.access_token_claims(%s, '{"sub": "x"}', 'password')""", (person.id,)
        ).fetchone()
    assert claims == ({"sub": "x"},)


async def test_two_people_make_an_organization_each_and_see_their_own_alone(sign_up, refresh, call):
    seen = []
    for name in ("متجر ليلى", "Omar's Shop"):
        person = await sign_up()
        early = {"Authorization": f"Bearer {person.token}"}
        assert (await call("agent-usage", method="GET", headers=early)).json()["error"] == "no_organization"
        made = (await call("organization-create", headers=early, json={"name": name})).json()
        session = (await refresh(person.refresh_token)).json()
        claims = jwt.decode(session["access_token"], options={"verify_signature": False})
        assert claims["app_metadata"]["organization_id"] == made["id"]
        assert claims["app_metadata"]["org_role"] == "owner"
        assert claims["organization_timezone"] == "Africa/Cairo"
        late = {"Authorization": f"Bearer {session['access_token']}"}
        usage = (await call("agent-usage", method="GET", headers=late)).json()
        created = await call("agent-api-key-create", headers=late, json={"name": name, "scopes": ["read"]})
        assert created.status_code == 201, created.text
        listed = (await call("agent-api-key-list", method="GET", headers=late)).json()["data"]
        seen.append((usage["organization_id"], usage["organization_name"], {key["name"] for key in listed}))
        assert seen[-1] == (made["id"], name, {name})
    assert seen[0][0] != seen[1][0]


@pytest.mark.parametrize("hashed", [f"$2b$31${'.' * 53}", "$2a$10$" + "A" * 53, "$argon2id$v=19$m=9", "nonsense", ""])
async def test_400_for_any_stored_hash_as_for_a_wrong_password(auth, tenants, hashed):
    email = f"{uuid.uuid4().hex}@example.com"
    with tenants.database() as database:
        database.execute(
            "INSERT INTO auth.users (email, encrypted_password, email_confirmed_at) VALUES (%s, %s, now())",
            [email, hashed],
        )
    answers = [
        await auth("POST", "token?grant_type=password", json={"email": address, "password": "good enough"})
        for address in (email, f"no-{email}")
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()


async def test_a_refresh_chooses_an_organization_that_the_person_still_is_in(
    *, person, refresh, sign_in, call, tenants, other_org
):
    token = {"Authorization": f"Bearer {person.token}"}
    made = (await call("organization-create", headers=token, json={"name": "First"})).json()
    with tenants.database() as database:
        database.execute("INSERT INTO organization_members VALUES (%s, %s, 'member')", (other_org.id, person.id))
        database.execute(
            "DELETE FROM organization_members WHERE organization_id = %s AND user_id = %s", (made["id"], person.id)
        )
    for session in ((await refresh(person.refresh_token)).json(), (await sign_in(person.email)).json()):
        claims = jwt.decode(session["access_token"], options={"verify_signature": False})
        assert claims["app_metadata"]["organization_id"] == str(other_org.id)
        assert claims["app_metadata"]["org_role"] == "member"
