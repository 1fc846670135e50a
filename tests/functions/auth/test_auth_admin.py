"""/auth/v1/admin/users: what no client library sends."""

import bcrypt
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def admin(auth):
    async def send(method, path="", **kw):
        return await auth(method, f"admin/users{path}", key="secret", **kw)

    return send


async def test_200_pages_tell_the_total_and_the_next(admin, sign_up, base_url):
    made = [(await sign_up()).id for _ in range(3)]
    first = await admin("GET", "?page=1&per_page=2")
    second = await admin("GET", "?page=2&per_page=2")
    listed = [user["id"] for answer in (first, second) for user in answer.json()["users"]]
    assert listed[:3] == made[::-1]
    total = int(first.headers["x-total-count"])
    assert total >= 3
    assert first.json()["aud"] == "authenticated"
    url = f"{base_url}/auth/v1/admin/users"
    last = (total + 1) // 2
    assert first.headers["link"] == f'<{url}?page=2&per_page=2>; rel="next", <{url}?page={last}&per_page=2>; rel="last"'
    beyond = await admin("GET", "?page=100000&per_page=2")
    assert (beyond.status_code, beyond.json()["users"]) == (200, [])


@pytest.mark.parametrize("query", ["", "?page=&per_page=", "?page=1", "?per_page=50&page="])
async def test_200_pages_have_defaults(admin, query):
    assert (await admin("GET", query)).status_code == 200


@pytest.mark.parametrize("query", ["?page=0", "?page=-1", "?page=x", "?per_page=0", "?per_page=1001", "?page=1&page=2"])
async def test_400_pages_that_cannot_be(admin, query):
    answer = await admin("GET", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


async def test_200_a_user_with_id_hash_and_metadata_of_another_host(admin, email, sign_in):
    hashed = bcrypt.hashpw(b"from elsewhere", bcrypt.gensalt(4)).decode()
    wanted = "6f1c4f5e-7d0a-4b0e-9c59-0d7f0a3b8f11"
    body = {"id": wanted, "email": email, "password_hash": hashed, "email_confirm": True, "app_metadata": {"a": 1}}
    made = await admin("POST", json=body)
    assert made.json()["id"] == wanted
    assert made.json()["app_metadata"] == {"a": 1, "provider": "email", "providers": ["email"]}
    assert (await sign_in(email, "from elsewhere")).json()["user"]["app_metadata"]["a"] == 1
    twin = await admin("POST", json={**body, "email": f"other-{email}"})
    assert (twin.status_code, twin.json()["code"]) == (409, "already_exists")


async def test_4xx_accounts_that_are_refused(admin, person):
    cases = [
        ({"email": person.email}, 422, "email_exists"),
        ({"email": person.email.upper()}, 422, "email_exists"),
        ({"email": "nobody"}, 400, "validation_failed"),
        ({}, 400, "validation_failed"),
        ({"email": "a@example.com", "password": "short"}, 422, "weak_password"),
        ({"email": "a@example.com", "password_hash": "$argon2id$v=19$m=65536"}, 400, "validation_failed"),
        ({"email": "a@example.com", "password_hash": "$2b$31$" + "a" * 53}, 400, "validation_failed"),
        ({"email": "a@example.com", "role": "service_role"}, 400, "validation_failed"),
        ({"email": "a@example.com", "phone": "+201000000000"}, 400, "phone_provider_disabled"),
        ({"email": "a@example.com", "ban_duration": "for ever"}, 400, "validation_failed"),
        ({"email": "a@example.com", "ban_duration": "999999999999h"}, 400, "validation_failed"),
        ({"email": "a@example.com", "app_metadata": {"a": "x" * 4000}}, 422, "metadata_too_large"),
    ]
    for body, status, code in cases:
        answer = await admin("POST", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (body, answer.text)


async def test_200_a_new_password_from_the_service_ends_every_session(admin, person, auth, sign_in):
    changed = await admin("PUT", f"/{person.id}", json={"password": "set for you", "email": f"x{person.email}"})
    assert changed.json()["email"] == f"x{person.email}"
    assert (await auth("GET", "user", token=person.token)).status_code == 403
    assert (await sign_in(f"x{person.email}", "set for you")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("user_id", ["00000000-0000-0000-0000-000000000009", "not-a-uuid", "%00"])
async def test_404_for_a_user_that_is_not_there(admin, method, user_id):
    answer = await admin(method, f"/{user_id}", **({} if method == "GET" else {"json": {}}))
    assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")


async def test_409_an_agents_account_stays_while_the_agent_does(admin, org):
    agent = org.agent("read")
    answer = await admin("DELETE", f"/{agent.id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "user_in_use")


async def test_200_a_deleted_person_leaves_their_organizations(admin, sign_up, call, refresh, tenants):
    person = await sign_up()
    headers = {"Authorization": f"Bearer {person.token}"}
    made = (await call("organization-create", headers=headers, json={"name": "Left behind"})).json()
    answer = await admin("DELETE", f"/{person.id}", json={"should_soft_delete": False})
    assert (answer.status_code, answer.json()) == (200, {})
    with tenants.database() as connection:
        members = connection.execute(
            "SELECT FROM organization_members WHERE organization_id = %s", (made["id"],)
        ).fetchall()
    assert not members


async def test_200_deleted_softly_only_the_id_is_left(admin, sign_up, sign_in):
    person = await sign_up(data={"name": "Mona"})
    await admin("DELETE", f"/{person.id}", json={"should_soft_delete": True})
    kept = (await admin("GET", f"/{person.id}")).json()
    assert (kept["email"], kept["user_metadata"], kept["identities"]) == ("", {}, [])
    assert (await sign_in(person.email)).status_code == 400
    assert (await sign_up(email=person.email)).id != person.id


async def test_4xx_for_everybody_but_the_service(auth, person, keys, org):
    agent = org.agent("read", "write", "admin")
    cases = [
        ({}, 401, "no_authorization"),
        ({"token": person.token}, 403, "not_admin"),
        ({"token": agent.token}, 403, "not_admin"),
        ({"token": keys.publishable_key}, 403, "not_admin"),
        ({"token": keys.secret_key}, 403, "not_admin"),
        ({"token": keys.anon_key}, 403, "not_admin"),
        ({"token": person.token, "key": "secret"}, 403, "not_admin"),
        ({"token": "forged.token.here", "key": "secret"}, 403, "bad_jwt"),
        ({"headers": {"Authorization": "Basic Zm9vOmJhcg=="}, "key": "secret"}, 401, "no_authorization"),
    ]
    for sent, status, code in cases:
        answer = await auth("GET", "admin/users", **sent)
        assert (answer.status_code, answer.json()["code"]) == (status, code), sent
    for sent in ({"key": "secret"}, {"key": keys.service_role_key}, {"token": keys.service_role_key},
                 {"token": keys.secret_key, "key": "secret"}):  # fmt: skip
        assert (await auth("GET", "admin/users", **sent)).status_code == 200, sent


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_404_for_an_id_that_is_no_uuid_to_the_service_alone(auth, admin, sign_up, method):
    assert (await admin(method, "/x")).json()["code"] == "user_not_found"
    as_anybody = await auth(method, "admin/users/x")
    as_person = await auth(method, "admin/users/x", token=(await sign_up()).token)
    assert [(answer.status_code, answer.json()["code"]) for answer in (as_anybody, as_person)] == [
        (401, "no_authorization"),
        (403, "not_admin"),
    ]


async def test_405_for_a_post_to_one_user(admin):
    answer = await admin("POST", "/x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, PUT, DELETE")
