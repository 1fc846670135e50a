"""/auth/v1 as the official Python client calls it."""

import uuid

import httpx
import pytest
from supabase import AsyncClient, AsyncClientOptions, Client, ClientOptions, acreate_client, create_client
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError


@pytest.fixture
def client(base_url, address):
    """Provide `client(key)`: a synchronous client of its own."""
    with httpx.Client(timeout=30) as connection:

        def make(key: str) -> Client:
            headers = {"X-Forwarded-For": address}
            options = ClientOptions(headers=headers, httpx_client=connection, auto_refresh_token=False)
            return create_client(base_url, key, options)

        yield make


@pytest.fixture
async def aclient(base_url, address):
    async with httpx.AsyncClient(timeout=30) as connection:

        async def make(key: str) -> AsyncClient:
            headers = {"X-Forwarded-For": address}
            options = AsyncClientOptions(headers=headers, httpx_client=connection, auto_refresh_token=False)
            return await acreate_client(base_url, key, options)

        yield make


@pytest.mark.parametrize("kind", ["publishable_key", "anon_key"])
def test_a_person_signs_up_in_refreshes_changes_and_signs_out_synchronously(client, keys, email, kind):
    auth = client(getattr(keys, kind)).auth
    made = auth.sign_up({"email": email, "password": "first password", "options": {"data": {"name": "ليلى"}}})
    assert made.session
    assert made.user
    assert made.user.user_metadata == {"name": "ليلى"}
    assert [identity.provider for identity in made.user.identities or []] == ["email"]
    entered = auth.sign_in_with_password({"email": email, "password": "first password"})
    assert entered.session
    refreshed = auth.refresh_session()
    assert refreshed.session
    assert refreshed.session.refresh_token != entered.session.refresh_token
    claims = auth.get_claims()
    assert claims
    assert claims["claims"]["sub"] == made.user.id
    assert auth.get_user().user.id == made.user.id
    changed = auth.update_user({"data": {"name": None, "city": "Cairo"}, "password": "second password"})
    assert changed.user.user_metadata == {"city": "Cairo"}
    auth.sign_out()
    with pytest.raises(AuthApiError) as refused:
        auth.refresh_session(refreshed.session.refresh_token)
    assert str(refused.value.code) == "refresh_token_not_found"
    assert auth.sign_in_with_password({"email": email, "password": "second password"}).session


@pytest.mark.anyio
async def test_a_person_signs_up_in_refreshes_changes_and_signs_out_asynchronously(aclient, keys, email):
    auth = (await aclient(keys.publishable_key)).auth
    made = await auth.sign_up({"email": email, "password": "first password"})
    assert made.session
    refreshed = await auth.refresh_session()
    user = await auth.get_user(refreshed.session.access_token)
    assert user.user.email == email
    changed = await auth.update_user({"data": {"city": "Cairo"}})
    assert changed.user.user_metadata == {"city": "Cairo"}
    await auth.sign_out()
    entered = await auth.sign_in_with_password({"email": email, "password": "first password"})
    assert entered.user.id == made.user.id


def test_the_client_understands_refusals(client, keys, email):
    auth = client(keys.publishable_key).auth
    with pytest.raises(AuthWeakPasswordError) as weak:
        auth.sign_up({"email": email, "password": "short"})
    assert weak.value.reasons == ["length"]
    auth.sign_up({"email": email, "password": "long enough"})
    cases = [
        (lambda: auth.sign_up({"email": email, "password": "long enough"}), 422, "user_already_exists"),
        (lambda: auth.sign_in_with_password({"email": email, "password": "wrong one"}), 400, "invalid_credentials"),
        (auth.sign_in_anonymously, 422, "anonymous_provider_disabled"),
        (lambda: auth.verify_otp({"email": email, "token": "000000", "type": "email"}), 403, "otp_expired"),
        (lambda: auth.sign_in_with_otp({"phone": "+201000000000"}), 400, "phone_provider_disabled"),
        (lambda: auth.sign_in_with_sso({"domain": "example.com"}), 404, "saml_provider_disabled"),
        (auth.admin.list_users, 403, "not_admin"),
    ]
    for call, status, code in cases:
        with pytest.raises(AuthApiError) as refused:
            call()
        assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize("kind", ["secret_key", "service_role_key"])
def test_the_synchronous_client_manages_users(client, keys, email, kind):
    admin = client(getattr(keys, kind)).auth.admin
    made = admin.create_user(
        {"email": email, "password": "long enough", "email_confirm": True, "app_metadata": {"tier": "gold"}}
    ).user
    assert made.app_metadata["tier"] == "gold"
    assert made.id in [user.id for user in admin.list_users()]
    assert len(admin.list_users(page=1, per_page=1)) == 1
    assert admin.get_user_by_id(made.id).user.email == email
    changed = admin.update_user_by_id(made.id, {"user_metadata": {"name": "Omar"}, "ban_duration": "24h"}).user
    assert changed.user_metadata == {"name": "Omar"}
    person = client(keys.publishable_key).auth
    with pytest.raises(AuthApiError) as banned:
        person.sign_in_with_password({"email": email, "password": "long enough"})
    assert (banned.value.status, banned.value.code) == (400, "user_banned")
    admin.update_user_by_id(made.id, {"ban_duration": "none"})
    assert person.sign_in_with_password({"email": email, "password": "long enough"}).session
    admin.delete_user(made.id)
    with pytest.raises(AuthApiError) as gone:
        admin.get_user_by_id(made.id)
    assert (gone.value.status, gone.value.code) == (404, "user_not_found")


@pytest.mark.anyio
async def test_the_service_makes_lists_and_deletes_users_asynchronously(aclient, keys, email):
    admin = (await aclient(keys.secret_key)).auth.admin
    made = (await admin.create_user({"email": email})).user
    assert made.email_confirmed_at is None
    assert made.id in [user.id for user in await admin.list_users()]
    await admin.delete_user(made.id, should_soft_delete=True)
    kept = (await admin.get_user_by_id(made.id)).user
    assert (kept.email, kept.deleted_at is not None) == ("", True)


@pytest.mark.anyio
async def test_the_client_s_signed_in_session_works_on_functions(aclient, keys, email, http):
    client = await aclient(keys.publishable_key)
    entered = await client.auth.sign_up({"email": email, "password": "long enough"})
    token = {"Authorization": f"Bearer {entered.session.access_token}"}
    made = await http.post("/functions/v1/organization-create", headers=token, json={"name": f"Shop {uuid.uuid4()}"})
    assert made.status_code == 201, made.text
    refreshed = await client.auth.refresh_session()
    token = {"Authorization": f"Bearer {refreshed.session.access_token}"}
    usage = await http.get("/functions/v1/agent-usage", headers=token)
    assert usage.json()["organization_id"] == made.json()["id"]
