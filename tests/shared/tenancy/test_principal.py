"""The caller that verified claims name."""

import uuid

import msgspec
import pytest

from shared.tenancy.principal import Kind, principal_of

ID, ORG, KEY = str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4())
PERSON = {"role": "authenticated", "sub": ID, "app_metadata": {"organization_id": ORG, "org_role": "member"}}
AGENT = {
    "role": "authenticated",
    "sub": ID,
    "org_role": "agent",
    "organization_id": ORG,
    "agent_scopes": ["read"],
    "key_id": KEY,
}


def test_a_person_belongs_where_the_metadata_that_only_we_write_says():
    person = principal_of(PERSON | {"organization_id": str(uuid.uuid4()), "user_metadata": {"organization_id": "x"}})
    assert (person.kind, str(person.subject), str(person.organization_id)) == (Kind.USER, ID, ORG)
    assert (person.org_role, person.scopes, person.key_id) == ("member", frozenset(), None)


def test_a_person_of_no_organization_has_none():
    person = principal_of({"role": "authenticated", "sub": ID})
    assert (person.kind, person.organization_id, person.rate_key) == (Kind.USER, None, f"{ID}:None")


def test_an_agent_has_its_key_and_scopes():
    agent = principal_of(AGENT)
    assert (agent.kind, str(agent.organization_id), str(agent.key_id)) == (Kind.AGENT, ORG, KEY)
    assert agent.scopes == {"read"}


@pytest.mark.parametrize(("role", "kind"), [("anon", Kind.ANONYMOUS), ("service_role", Kind.SERVICE)])
def test_the_projects_own_keys_are_nobody_in_particular(role, kind):
    caller = principal_of({"role": role, "sub": ID, "organization_id": ORG})
    assert (caller.kind, caller.role, caller.organization_id) == (kind, role, None)


@pytest.mark.parametrize("changed", [
    {"role": None}, {"role": "authenticator"}, {"role": "postgres"}, {"sub": None}, {"sub": "x"}, {"key_id": None},
    {"organization_id": "x"}, {"agent_scopes": None}, {"agent_scopes": "read"}, {"app_metadata": 7},
])  # fmt: skip
def test_claims_of_another_shape_are_nobody(changed):
    with pytest.raises((KeyError, ValueError, TypeError, AttributeError, msgspec.ValidationError)):
        principal_of(AGENT | changed)
