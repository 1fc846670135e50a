"""Who may call: every function that asks for a token refuses none, a false one, and one that may not."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared.auth import tokens
from shared.tenancy.principal import Kind
from tests.conftest import Caller

pytestmark = pytest.mark.anyio

FALSE_CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "somebody-else"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://elsewhere.example/auth/v1"},
    "expired": {"exp": int(time.time()) - 60},
    "not yet valid": {"nbf": int(time.time()) + 3600},
    "another role": {"role": "service_role"},
    "a subject that is no id": {"sub": "someone"},
    "an organization that is no id": {"organization_id": "mine"},
}
FALSE_HEADERS = {
    "garbage": "Bearer garbage",
    "empty": "Bearer",
    "three dots": "Bearer ...",
    "too long": "Bearer " + "e" * 9000,
    "not ASCII": "Bearer été".encode(),
}


async def test_401_without_a_token_that_says_where_tokens_come_from(spec_with_token, ask, refused, base_url):
    answer = await ask(spec_with_token)
    refused(answer, 401, "missing_token")
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    metadata = f'{base_url}/.well-known/oauth-protected-resource/functions/v1/mcp-server"'
    assert f'resource_metadata="{metadata}' in challenge


@pytest.mark.parametrize("fault", FALSE_CLAIMS)
async def test_401_for_a_token_of_ours_that_is_not_for_this(fault, spec_with_token, ask, refused, claims):
    token = tokens.mint(claims(**FALSE_CLAIMS[fault]), ttl_s=600)
    answer = await ask(spec_with_token, headers={"Authorization": f"Bearer {token}"})
    refused(answer, 401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("form", FALSE_HEADERS)
async def test_401_for_what_is_no_token(form, spec_with_token, ask):
    answer = await ask(spec_with_token, headers={"Authorization": FALSE_HEADERS[form]})
    assert answer.status_code == 401
    assert answer.json()["error"] in {"invalid_token", "missing_token"}


async def test_401_for_a_token_that_somebody_else_signed(spec_with_token, ask, refused, claims, org):
    true = org.agent().token
    header = jwt.get_unverified_header(true)
    forged = {**claims(), "iss": tokens.issuer(), "aud": tokens.AUDIENCE, "exp": int(time.time()) + 600}
    signed = [
        jwt.encode(forged, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": header["kid"]}),
        jwt.encode(forged, "guess" * 10, algorithm="HS256"),
        jwt.encode(forged, "", algorithm="none"),
        true[:-4] + ("AAAA" if not true.endswith("AAAA") else "BBBB"),
    ]
    for token in signed:
        refused(await ask(spec_with_token, headers={"Authorization": f"Bearer {token}"}), 401, "invalid_token")


async def test_401_for_a_raw_key_that_says_to_exchange_it(spec_with_token, ask, refused):
    key = "nxs_ak_" + "A" * 48
    body = refused(await ask(spec_with_token, headers={"Authorization": f"Bearer {key}"}), 401, "key_is_not_a_token")
    assert "agent-auth" in body["message"]


async def test_403_for_a_credential_of_a_kind_that_is_not_served(spec_with_token, ask, refused, org, services):
    kinds = {
        Kind.AGENT: org.agent(),
        Kind.USER: org.person("owner"),
        Kind.SERVICE: Caller(services.secrets.secret_key, org.id),
        Kind.ANONYMOUS: Caller(services.secrets.publishable_key, org.id),
    }
    for kind, caller in kinds.items():
        if kind not in spec_with_token.access:
            body = refused(await ask(spec_with_token, as_=caller), 403, "wrong_credential")
            assert set(body["allowed"]) == {each.value for each in spec_with_token.access}


async def test_403_without_the_scope(spec_with_scope, ask, refused, claims, org):
    """A token may hold less than its key; a person's rights are those of the membership."""
    agent = Caller(tokens.mint(claims(agent_scopes=[]), ttl_s=600), org.id)
    lacking = agent if Kind.AGENT in spec_with_scope.access else org.person("member")
    answer = await ask(spec_with_scope, as_=lacking, example=True)
    told = refused(answer, 403, "insufficient_scope")
    assert told["required"] == spec_with_scope.scope
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_401_at_once_when_the_key_behind_the_token_is_revoked(spec_with_scope, ask, refused, org, tenants):
    if Kind.AGENT not in spec_with_scope.access:
        return
    agent = org.agent()
    # What the fields name does not exist, so that a good request may be told as much.
    before = await ask(spec_with_scope, as_=agent, example=True)
    assert before.status_code in {spec_with_scope.status, 404, 409, 422}, before.text
    with tenants.database() as database:
        database.execute("UPDATE agent_api_keys SET is_active = false WHERE id = %s", (agent.key_id,))
    refused(await ask(spec_with_scope, as_=agent, example=True), 401, "key_revoked")
