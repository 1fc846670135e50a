"""/auth/v1's mails as the official Python client asks for them and takes what they bring."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from supabase import AsyncClientOptions, ClientOptions, acreate_client, create_client
from supabase_auth.errors import AuthApiError


@pytest.fixture
def auth(base_url, address, keys):
    """Provide `auth()`: a synchronous client's auth; flows end with a code unless `flow_type` says otherwise."""
    with httpx.Client(timeout=30) as connection:

        def make(key="publishable_key", **options):
            headers = {"X-Forwarded-For": address}
            chosen = ClientOptions(headers=headers, httpx_client=connection, auto_refresh_token=False, **options)
            return create_client(base_url, getattr(keys, key), chosen).auth

        yield make


@pytest.fixture
def landed():
    """Follow a mailed link: the fields of where it leads."""

    def follow(link):
        location = urlsplit(httpx.get(link).headers["location"])
        return {name: value[0] for name, value in parse_qs(location.query or location.fragment).items()}

    return follow


def test_a_forgotten_password_in_a_flow_with_a_code(auth, mailed, landed, email):
    person = auth()
    person.sign_up({"email": email, "password": "first password"})
    person.sign_out()
    person.reset_password_for_email(email)
    code = landed(mailed(email)[0].link)["code"]
    entered = person.exchange_code_for_session({"auth_code": code})
    assert entered.user.email == email
    person.update_user({"password": "second password"})
    assert auth().sign_in_with_password({"email": email, "password": "second password"}).session


def test_a_code_that_is_typed_and_a_link_that_brings_the_session(auth, mailed, landed, email):
    person = auth(flow_type="implicit")
    asked = person.sign_in_with_otp({"email": email, "options": {"data": {"name": "منى"}}})
    assert (asked.user, asked.session) == (None, None)
    entered = person.verify_otp({"email": email, "token": mailed(email)[0].otp, "type": "email"})
    assert entered.user.user_metadata == {"name": "منى"}
    link = auth("secret_key").admin.generate_link({"type": "magiclink", "email": email}).properties
    session = landed(link.action_link)
    kept = person.set_session(session["access_token"], session["refresh_token"])
    assert kept.user.id == entered.user.id
    hashed = auth("secret_key").admin.generate_link({"type": "recovery", "email": email}).properties
    assert person.verify_otp({"token_hash": hashed.hashed_token, "type": "recovery"}).session


def test_a_sign_up_that_is_confirmed_and_mailed_again(host, auth, mailed, email):
    host(email_autoconfirm=False, mail_interval_s=0)
    person = auth(flow_type="implicit")
    made = person.sign_up({"email": email, "password": "long enough"})
    assert (made.session, made.user.confirmation_sent_at is not None) == (None, True)
    person.resend({"type": "signup", "email": email})
    confirmed = person.verify_otp({"email": email, "token": mailed(email)[0].otp, "type": "signup"})
    assert confirmed.user.email_confirmed_at


def test_another_address_is_confirmed_from_both(auth, mailed, email):
    person = auth(flow_type="implicit")
    person.sign_up({"email": email, "password": "long enough"})
    new = f"new-{email}"
    assert person.update_user({"email": new}).user.new_email == new
    half = person.verify_otp({"email": email, "token": mailed(email)[0].otp, "type": "email_change"})
    assert (half.user, half.session) == (None, None)
    changed = person.verify_otp({"email": new, "token": mailed(new)[0].otp, "type": "email_change"})
    assert changed.user.email == new


def test_an_anonymous_person_and_a_nonce(host, auth, mailed, email):
    host(anonymous_enabled=True)
    person = auth()
    entered = person.sign_in_anonymously({"options": {"data": {"cart": 3}}})
    assert (entered.user.is_anonymous, entered.user.user_metadata) == (True, {"cart": 3})
    assert person.update_user({"email": email, "password": "long enough"}).user.email == email
    person.reauthenticate()
    assert len(mailed(email)[0].otp) == 6
    assert [each.provider for each in person.get_user_identities().identities] == ["email"]


def test_the_service_invites_and_ends_sessions(auth, mailed, email):
    admin = auth("secret_key").admin
    invited = admin.invite_user_by_email(email, {"data": {"team": "sales"}}).user
    assert invited.invited_at
    person = auth()
    entered = person.verify_otp({"token_hash": mailed(email)[0].token, "type": "invite"})
    assert entered.user.id == invited.id
    admin.sign_out(entered.session.access_token, "global")
    with pytest.raises(AuthApiError) as refused:
        person.refresh_session(entered.session.refresh_token)
    assert str(refused.value.code) == "refresh_token_not_found"
    for kind in ("email_change_current", "email_change_new"):
        made = admin.generate_link({"type": kind, "email": email, "new_email": f"new-{email}"})
        assert made.properties.verification_type == kind
        assert made.user.new_email == f"new-{email}"


@pytest.mark.anyio
async def test_the_same_asynchronously(*, base_url, address, keys, mailed, landed, email):
    async with httpx.AsyncClient(timeout=30) as connection:
        headers = {"X-Forwarded-For": address}
        options = AsyncClientOptions(headers=headers, httpx_client=connection, auto_refresh_token=False)
        person = (await acreate_client(base_url, keys.publishable_key, options)).auth
        service = (await acreate_client(base_url, keys.service_role_key, options)).auth
        await person.sign_in_with_otp({"email": email})
        entered = await person.exchange_code_for_session({"auth_code": landed(mailed(email)[0].link)["code"]})
        assert entered.user
        assert entered.user.email == email
        made = await service.admin.generate_link({"type": "recovery", "email": email})
        verified = await person.verify_otp({"token_hash": made.properties.hashed_token, "type": "recovery"})
        assert verified.user
        assert verified.user.id == entered.user.id
        with pytest.raises(AuthApiError) as refused:
            await person.verify_otp({"token_hash": made.properties.hashed_token, "type": "recovery"})
        assert (refused.value.status, refused.value.code) == (403, "otp_expired")
