"""What functions and triggers own no client writes: every column of every table, as the catalogue has them."""

import re
import uuid
from pathlib import Path

import psycopg
import pytest

from tests.schema.matrix import EXPECTED
from tests.schema.tables import privileged_columns, read_tables

pytestmark = pytest.mark.anyio
TABLES = sorted(EXPECTED)
OF_NOBODY = {"428C9", "55000"}
"""What Postgres says of a computed column, and of a view of several tables."""
VERBS = {"POST": "INSERT", "PATCH": "UPDATE"}


@pytest.fixture(scope="session")
def columns(services, base_url):
    """`columns[table][None]`: the names of its columns; by INSERT and UPDATE, those that clients may write."""
    with psycopg.connect(services.admin_url, autocommit=True) as database:
        return {
            name: {None: [column.name for column in table.columns]}
            | {verb: privileged_columns(database, name, "authenticated", verb) for verb in VERBS.values()}
            for name, table in read_tables(database).items()
        }


@pytest.fixture
def denied(rest, columns):
    """Return whether the grant is what an attempt at one column fails by."""

    async def attempt(verb, table, column, as_):
        target = f"{table}?{columns[table][None][0]}=is.null" if verb == "PATCH" else table
        answer = await rest(verb, target, as_=as_, json={column: None})
        if answer.status_code in (201, 204):
            return False
        told = answer.json()
        return told["message"].startswith("permission denied for") or told["code"] in OF_NOBODY

    return attempt


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("table", TABLES)
async def test_403_for_each_column_that_is_in_no_grant(denied, columns, org, verb, table):
    granted = columns[table][VERBS[verb]]
    managed = EXPECTED[table].update == "manage"  # Whoever may not manage is refused before that.
    for caller in [org.person("owner")] if managed else [org.agent("admin"), org.person("owner"), org.person("member")]:
        for column in columns[table][None]:
            assert await denied(verb, table, column, caller) == (column not in granted), column


@pytest.mark.parametrize("verb", VERBS)
async def test_401_for_every_table_without_a_token(denied, columns, verb):
    for table in TABLES:
        for column in columns[table][None][:2]:
            assert await denied(verb, table, column, None), f"{table}.{column}"


async def test_403_for_another_organizations_row_exactly_as_for_one_of_none(rest, columns, org, other_org):
    written = [table for table in TABLES if "organization_id" in columns[table]["INSERT"]]
    assert len(written) > 8
    for table in written:
        told = []
        for organization in (other_org.id, uuid.uuid4()):
            answer = await rest("POST", table, as_=org.agent("admin"), json={"organization_id": str(organization)})
            told.append((answer.status_code, answer.json()))
        assert told[0] == told[1], table
        assert (told[0][0], told[0][1]["code"]) == (403, "42501"), table


async def test_a_contact_takes_its_times_from_the_server(rest, org):
    for body in ({"created_at": "2001-01-01T00:00:00Z"}, {"updated_at": "2001-01-01T00:00:00Z"}):
        answer = await rest("POST", "customers", as_=org.agent("write"), json={"first_name": "Mona", **body})
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"notes": "tall"},
        {"first_name": " "},
        {"first_name": "\u200b"},
        {"company": "\u00a0\u2066"},
        {"first_name": None, "tags": ["vip"]},
    ],
)
async def test_422_for_a_contact_without_name_phone_and_e_mail(rest, org, error_of, body):
    answer = await rest("POST", "customers", as_=org.agent("write"), json=body)
    assert (answer.status_code, error_of(answer)) == (422, "contact_unreachable")


async def test_422_for_taking_the_last_name_of_a_contact(rest, org, error_of):
    agent = org.agent("write")
    made = await rest(
        "POST", "customers", as_=agent, json={"first_name": "Mona"}, headers={"Prefer": "return=representation"}
    )
    place = f"customers?id=eq.{made.json()[0]['id']}"
    answer = await rest("PATCH", place, as_=agent, json={"first_name": None})
    assert (answer.status_code, error_of(answer)) == (422, "contact_unreachable")
    assert (await rest("PATCH", place, as_=agent, json={"first_name": None, "company": "Lotus"})).status_code == 204


async def test_422_for_a_servers_contact_without_a_name_too(rest, org, error_of):
    answer = await rest("POST", "customers", key="secret", json={"organization_id": str(org.id)})
    assert (answer.status_code, error_of(answer)) == (422, "contact_unreachable")


async def test_204_for_taking_the_name_of_a_contact_that_a_channel_knows(rest, org, tenants):
    with tenants.database() as database:
        (contact,) = database.execute(
            "WITH made AS (INSERT INTO customers (organization_id, first_name) VALUES (%s, 'Mona') RETURNING *)"
            " INSERT INTO customer_identities (organization_id, customer_id, kind, value)"
            " SELECT organization_id, id, 'facebook', '24' FROM made RETURNING customer_id",
            [org.id],
        ).fetchone()
    answer = await rest("PATCH", f"customers?id=eq.{contact}", as_=org.agent("write"), json={"first_name": None})
    assert answer.status_code == 204, answer.text


LISTED = ("labels", "lead_sources", "customer_journey_stages", "chats")


@pytest.mark.parametrize("table", LISTED)
def test_the_page_lists_the_columns_that_callers_write(columns, table):
    rows = Path("docs/rest.md").read_text().splitlines()
    (row,) = [each for each in rows if each.startswith(f"| `{table}` |")]
    told = [set(re.findall("`([a-z_]+)`", cell)) for cell in row.split("|")[2:4]]
    assert told == [set(columns[table][verb]) - {"organization_id"} for verb in ("INSERT", "UPDATE")]
