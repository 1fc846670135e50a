"""Who calls a platform's surface: project keys, tokens of the caller's own, and which of them wins."""

import pytest
from starlette.datastructures import Headers

from shared.auth.credentials import (
    KeyIsNotAToken,
    MissingProjectKey,
    UnknownProjectKey,
    platform_caller,
)
from shared.kernel.errors import InvalidToken, MissingToken
from shared.tenancy.principal import Kind

KINDS = {
    "publishable_key": Kind.ANONYMOUS,
    "anon_key": Kind.ANONYMOUS,
    "secret_key": Kind.SERVICE,
    "service_role_key": Kind.SERVICE,
}


@pytest.fixture
def called(tenants, services):
    """Provide `called(apikey, bearer)`: who that is; names of keys stand for the keys."""

    def told(value):
        return getattr(services.secrets, value) if value in KINDS else value

    def call(apikey=None, bearer=None, *, key_required=True, in_query=False, name="apikey"):
        headers = {
            **({name: told(apikey)} if apikey and not in_query else {}),
            **({"Authorization": f"Bearer {told(bearer)}"} if bearer else {}),
        }
        query = {"apikey": told(apikey)} if apikey and in_query else {}
        return platform_caller(Headers(headers), query, key_required=key_required)

    return call


@pytest.mark.parametrize(("key", "kind"), KINDS.items())
@pytest.mark.parametrize("key_required", [True, False])
def test_a_key_alone_identifies_the_caller_in_every_place(called, key, kind, key_required):
    for name in ("apikey", "apiKey", "APIKEY"):
        assert called(key, name=name, key_required=key_required).kind is kind
    assert called(key, in_query=True, key_required=key_required).kind is kind


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize("key_required", [True, False])
def test_a_token_of_the_caller_s_own_wins_over_the_key(called, org, key, key_required):
    agent = org.agent("read")
    for who, kind in ((org.owner, Kind.USER), (agent, Kind.AGENT)):
        principal = called(key, who.token, key_required=key_required)
        assert (principal.kind, principal.subject, principal.organization_id) == (kind, who.id, org.id)
    assert called("anon_key", "service_role_key", key_required=key_required).kind is Kind.SERVICE
    assert called("secret_key", "anon_key", key_required=key_required).kind is Kind.ANONYMOUS


@pytest.mark.parametrize(("key", "kind"), KINDS.items())
def test_an_opaque_key_repeated_as_the_token_says_nothing_new(called, key, kind):
    for repeated in ("publishable_key", "secret_key", "sb_secret_of_another_project"):
        assert called(key, repeated).kind is kind
        assert called(key, repeated, key_required=False).kind is kind


def test_a_token_does_not_replace_a_required_key(called, org):
    for token in (None, org.owner.token, org.agent("read").token, "secret_key", "service_role_key"):
        with pytest.raises(MissingProjectKey):
            called(None, token)
    for key in ("sb_publishable_x", "sb_secret_x", "x.y.z", org.owner.token, org.agent("admin").token):
        with pytest.raises(UnknownProjectKey):
            called(key, org.owner.token)


def test_an_optional_key_may_be_any_token_and_its_absence_is_anonymous(called, org):
    assert called(key_required=False).kind is Kind.ANONYMOUS
    assert called(None, "secret_key", key_required=False).kind is Kind.SERVICE
    assert called(org.owner.token, key_required=False).subject == org.owner.id
    for wrong in ("sb_publishable_x", "x.y.z"):
        with pytest.raises(InvalidToken):
            called(wrong, key_required=False)
        with pytest.raises(InvalidToken):
            called(None, wrong, key_required=False)


@pytest.mark.parametrize("key_required", [True, False])
def test_a_bad_token_is_not_forgiven_for_a_good_key(called, services, key_required):
    key = {"apikey": services.secrets.secret_key}
    cases = {
        "Bearer x.y.z": InvalidToken,
        "Basic Zm9vOmJhcg==": MissingToken,
        f"Bearer nxs_ak_{'a' * 48}": KeyIsNotAToken,
    }
    for authorization, refusal in cases.items():
        with pytest.raises(refusal):
            platform_caller(Headers(key | {"Authorization": authorization}), {}, key_required=key_required)
