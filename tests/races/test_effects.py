"""Several callers do the same thing at the same moment, a hundred times over: one effect, and everybody is told so."""

import uuid

import pytest

from tests.races.conftest import ROUNDS, ROUNDS_PER_CALLER

pytestmark = pytest.mark.anyio


@pytest.fixture
def count(tenants, org):
    """Return how many rows of the table the organization has."""

    def look(table: str) -> int:
        with tenants.database() as database:
            row = database.execute(f"SELECT count(*) FROM {table} WHERE organization_id = %s", [org.id]).fetchone()
            assert row
            found: int = row[0]
            return found

    return look


async def test_one_idempotency_key_has_one_effect_in_a_tool(tool_at_once, writers, count):
    for number in range(ROUNDS):
        arguments = {"first_name": f"Mona {number}", "idempotency_key": f"round-{number}"}
        told = await tool_at_once("nexus_create_contact", arguments, as_=writers(number))
        refused = [each for each in told if each["is_error"]]
        made = [each["contact"]["id"] for each in told if not each["is_error"]]
        assert {each["error"] for each in refused} <= {"idempotency_in_flight"}
        assert len(set(made)) == 1
    assert count("customers") == ROUNDS


async def test_one_idempotency_key_has_one_effect_in_a_function(at_once, managers, tenants, count, org):
    for number in range(ROUNDS):
        answers = await at_once(
            "agent-api-key-create",
            {"name": f"Till {number}"},
            as_=managers(number),
            **{"Idempotency-Key": f"round-{number}"},
        )
        made = {answer.content for answer in answers if answer.status_code == 201}
        refused = {answer.json()["error"] for answer in answers if answer.status_code != 201}
        assert len(made) == 1
        assert refused <= {"idempotency_in_flight"}
        with tenants.database() as database:
            database.execute("UPDATE agent_api_keys SET is_active = false WHERE organization_id = %s", [org.id])
    assert count("agent_api_keys") == ROUNDS


async def test_the_last_contact_of_a_plan_is_given_once(tool_at_once, tenants):
    org = tenants.org("starter")
    agents = [org.agent("write") for _ in range(ROUNDS // ROUNDS_PER_CALLER)]
    for number in range(ROUNDS):
        with tenants.database() as database:
            database.execute(
                "INSERT INTO usage_counters (organization_id, resource, period, used)"
                " VALUES (%s, 'contacts', 'total', 499)"
                " ON CONFLICT (organization_id, resource, period) DO UPDATE SET used = 499",
                [org.id],
            )
        told = await tool_at_once(
            "nexus_create_contact", {"first_name": "Mona"}, as_=agents[number // ROUNDS_PER_CALLER]
        )
        refused = [each for each in told if each["is_error"]]
        assert len(told) - len(refused) == 1
        assert {(each["error"], each["current"], each["limit"]) for each in refused} == {
            ("plan_limit_exceeded", 500, 500)
        }


async def test_the_last_order_of_a_month_is_given_once(tool_at_once, tenants, tx_as):
    org = tenants.org("starter")
    agents = [org.agent("write") for _ in range(ROUNDS // ROUNDS_PER_CALLER)]
    customer, item = uuid.uuid4(), uuid.uuid4()
    with tenants.database() as database:
        database.execute("INSERT INTO customers (id, organization_id) VALUES (%s, %s)", [customer, org.id])
        database.execute(
            "INSERT INTO items (id, organization_id, name, selling_price) VALUES (%s, %s, 'Lamp', 5)", [item, org.id]
        )
        database.execute(
            "INSERT INTO usage_counters (organization_id, resource, period, used)"
            " SELECT id, 'orders', to_char(now() AT TIME ZONE timezone, 'YYYY-MM'), 0 FROM organizations WHERE id = %s",
            [org.id],
        )
    arguments = {"customer_id": str(customer), "items": [{"item_id": str(item), "qty": 1}]}
    for number in range(ROUNDS):
        with tenants.database() as database:
            database.execute(
                "UPDATE usage_counters SET used = 199 WHERE organization_id = %s AND resource = 'orders'", [org.id]
            )
        told = await tool_at_once("nexus_create_order", arguments, as_=agents[number // ROUNDS_PER_CALLER])
        refused = [each for each in told if each["is_error"]]
        assert len(told) - len(refused) == 1
        assert {(each["error"], each["current"], each["limit"]) for each in refused} == {
            ("plan_limit_exceeded", 200, 200)
        }


async def test_a_key_is_rotated_once(at_once, managers, org, count):
    key_id = str(org.agent("read").key_id)
    for number in range(ROUNDS):
        answers = await at_once("agent-api-key-rotate", {"id": key_id}, as_=managers(number))
        (made,) = (answer.json() for answer in answers if answer.status_code == 201)
        refused = {(a.status_code, a.json()["error"]) for a in answers if a.status_code != 201}
        assert refused == {(409, "key_not_active")}
        key_id = made["id"]
    assert count("agent_api_keys") == ROUNDS + 1


@pytest.mark.parametrize(("field", "values"), [
    ("phone", ["+201000{:06d}", "01000{:06d}", "00201000{:06d}"]),
    ("email", ["mona.{}@example.com", "Mona.{}@Example.com", "MONA.{}@EXAMPLE.COM"]),
])  # fmt: skip
async def test_the_same_contact_is_made_once(tool_at_once, writers, count, field, values):
    for number in range(ROUNDS):
        said = values[number % len(values)].format(number)
        told = await tool_at_once("nexus_create_contact", {"first_name": "Mona", field: said}, as_=writers(number))
        assert not any(each["is_error"] for each in told)
        assert len({each["contact"]["id"] for each in told}) == 1
        assert [each["created"] for each in told].count(True) == 1
        assert {each["matched_on"] for each in told if not each["created"]} == {field}
    assert count("customers") == ROUNDS
    assert count("customer_identities") == ROUNDS


async def test_two_agents_beyond_the_plan_are_never_made_at_once(at_once, tenants):
    for _ in range(20):
        org = tenants.org("free")
        answers = await at_once("agent-api-key-create", {"name": "Till"}, as_=org.owner)
        assert [answer.status_code for answer in answers].count(201) == 1
        assert {answer.json()["resource"] for answer in answers if answer.status_code != 201} == {"agents"}
