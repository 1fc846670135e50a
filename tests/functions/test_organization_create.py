"""POST /functions/v1/organization-create."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def create(call):
    async def send(as_, **fields):
        return await call("organization-create", as_=as_, json={"name": "متجر النيل", **fields})

    return send


@pytest.fixture
def person(tenants):
    """Return somebody who signed up and belongs to no organization."""
    return tenants.person(None)


async def test_201_makes_the_caller_its_owner_on_the_free_plan(create, person, tenants):
    answer = await create(person, timezone="Asia/Riyadh", country="SA", currency="SAR")
    made = answer.json()
    assert answer.status_code == 201, answer.text
    assert (made["plan_code"], made["org_role"], made["timezone"]) == ("free", "owner", "Asia/Riyadh")
    assert (made["country"], made["currency"]) == ("SA", "SAR")
    with tenants.database() as database:
        members = database.execute(
            "SELECT user_id, role FROM organization_members WHERE organization_id = %s", [made["id"]]
        ).fetchall()
        stages = database.execute(
            "SELECT count(*) FROM customer_journey_stages WHERE organization_id = %s", [made["id"]]
        ).fetchone()
    assert members == [(person.id, "owner")]
    assert stages == (5,)


async def test_201_shows_in_the_next_token_and_not_in_the_first(create, call, person, tenants):
    made = (await create(person)).json()
    first = await call("agent-usage", method="GET", as_=person)
    assert (first.status_code, first.json()["error"]) == (403, "no_organization")
    with tenants.database() as database:
        (event,) = database.execute(
            "SELECT app.custom_access_token_hook(jsonb_build_object('user_id', %s::text, 'claims', '{}'::jsonb))",
            [str(person.id)],
        ).fetchone()
    assert event["claims"]["app_metadata"] == {"organization_id": made["id"], "org_role": "owner"}
    assert event["claims"]["organization_timezone"] == "Africa/Cairo"


@pytest.mark.parametrize("fields", [
    {"name": ""}, {"name": "   "}, {"name": "x" * 201}, {"name": None}, {"timezone": "x" * 65},
    {"country": "Egypt"}, {"country": "eg"}, {"currency": "£"}, {"plan_code": "scale"}, {"id": "x"},
])  # fmt: skip
async def test_422_for_a_field_that_is_wrong_or_not_ones_to_set(create, person, fields):
    answer = await create(person, **fields)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")


@pytest.mark.parametrize(("fields", "refused"), [
    ({"country": "XX"}, "unknown_country"), ({"currency": "ZZZ"}, "unknown_currency"),
])  # fmt: skip
async def test_422_for_a_code_that_iso_does_not_know(create, person, fields, refused):
    answer = await create(person, **fields)
    assert (answer.status_code, answer.json()["error"]) == (422, refused)


@pytest.mark.parametrize("name", ["\u200b", "\u2063", "\u180e", "\u3164", "\ufeff", "\U000e0041"])
async def test_422_for_an_invisible_name(create, person, name):
    answer = await create(person, name=name)
    assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (422, "invisible_text", "name")


async def test_403_for_agents(create, org):
    answer = await create(org.agent("admin"))
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")


async def test_409_for_the_eleventh(create, person):
    answers = await asyncio.gather(*(create(person) for _ in range(12)))
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 2
    assert {each["error"] for each in refused} == {"too_many_organizations"}


async def test_the_same_idempotency_key_makes_one_organization(call, person, tenants):
    headers = {"Idempotency-Key": "first"}
    answers = [await call("organization-create", as_=person, headers=headers, json={"name": "Nile"}) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    other = await call("organization-create", as_=person, headers=headers, json={"name": "Delta"})
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("zone", ["Cairo", "", "Factory", "posix/Africa/Cairo", "UTC+2", "EET-2", "africa/cairo"])
async def test_422_for_an_unknown_time_zone_and_never_utc_instead(create, person, zone):
    answer = await create(person, timezone=zone)
    assert (answer.status_code, answer.json()["error"], answer.json()["timezone"]) == (422, "unknown_time_zone", zone)
