"""The caller that verified claims name."""

import json
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
    assert (agent.org_role, agent.scopes) == ("agent", frozenset({"read"}))


def test_a_person_without_a_session_or_a_zone_has_none():
    person = principal_of(PERSON)
    assert (person.session_id, person.timezone, person.day_timezone) == (None, None, None)


def test_a_session_and_the_zone_come_from_the_token():
    session = str(uuid.uuid4())
    person = principal_of(PERSON | {"session_id": session, "organization_timezone": "Africa/Cairo"})
    assert (str(person.session_id), person.timezone) == (session, "Africa/Cairo")


@pytest.mark.parametrize(
    ("zones", "counted_in"),
    [
        ({"organization_timezone": "Asia/Dubai"}, "Asia/Dubai"),
        ({"organization_timezone": "Asia/Dubai", "organization_day_timezone": "Africa/Cairo"}, "Africa/Cairo"),
    ],
)
def test_the_day_that_has_begun_is_counted_in_the_zone_in_which_it_began(zones, counted_in):
    agent = principal_of(AGENT | zones)
    assert (agent.timezone, agent.day_timezone) == ("Asia/Dubai", counted_in)


@pytest.mark.parametrize("claims", [PERSON, AGENT, {"role": "anon"}, {"role": "service_role", "sub": ID}])
def test_row_policies_read_the_claims_exactly_as_they_were_verified(claims):
    assert json.loads(principal_of(claims).claims) == claims


def test_people_of_one_organization_share_its_day_but_not_their_rate():
    one, other = (principal_of(PERSON | {"sub": str(uuid.uuid4())}) for _ in range(2))
    assert one.organization_key == other.organization_key == ORG
    assert one.rate_key != other.rate_key


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
