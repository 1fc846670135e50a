"""Order numbers as people write them: a leading #, dashes of any kind, digits of Arabic."""

import psycopg
import pytest

pytestmark = pytest.mark.anyio

SPELT = [
    "1001",
    "#1001",
    "# 1001",
    "1001 ",
    "\u0661\u0660\u0660\u0661",
    "\uff11\uff10\uff10\uff11",
    "\u200f1001",
    "10\u00ad01",
]
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"


@pytest.fixture
def order(tenants):
    """Insert an order under that number, or under the next generated one."""

    def insert(org, number=None):
        with tenants.database() as db:
            insert = "INSERT INTO orders (organization_id, order_number) VALUES (%s, %s) RETURNING order_number"
            return db.execute(insert, (org.id, number)).fetchone()[0]

    return insert


async def found_numbers(mcp, org, written):
    """Return the numbers that reading, listing and searching find."""
    got = await mcp("nexus_get_order", {"order_id": written}, as_=org.agent())
    listed = await mcp("nexus_list_orders", {"order_number": written}, as_=org.agent())
    searched = await mcp("nexus_search", {"query": written, "kinds": ["order"]}, as_=org.agent())
    return [
        got.get("order_number") or got["order"]["order_number"],
        *[each["order_number"] for each in listed["data"]],
        *[each["title"] for each in searched["data"]],
    ]


@pytest.mark.parametrize("spelt", ["{}", "#{}", "# {}", " {} ", *DASHES, "lower", "arabic"])
async def test_an_order_is_found_by_each_spelling_of_its_number(mcp, order, org, other_org, spelt):
    number = order(org)
    order(other_org)
    written = {
        "lower": number.lower(),
        "arabic": number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        **{dash: number.replace("-", dash) for dash in DASHES},
    }.get(spelt, spelt.format(number))
    assert await found_numbers(mcp, org, written) == [number] * 3


@pytest.mark.parametrize("stored", SPELT)
async def test_an_order_that_a_client_numbered_is_found_by_each_spelling(mcp, order, org, stored):
    order(org, stored)
    assert {spelt: await found_numbers(mcp, org, spelt) for spelt in SPELT[::3]} == dict.fromkeys(
        SPELT[::3], [stored] * 3
    )


def test_the_key_is_the_databases_for_the_service_too(tenants, order, org):
    order(org, "#1001")
    with tenants.database() as db:
        db.execute("UPDATE orders SET order_number_key = 'mine' WHERE organization_id = %s", (org.id,))
        insert = "INSERT INTO orders (organization_id, order_number, order_number_key) VALUES (%s, '2', 'x')"
        db.execute(insert, (org.id,))
        keys = db.execute("SELECT order_number_key FROM orders WHERE organization_id = %s ORDER BY 1", (org.id,))
        assert keys.fetchall() == [("1001",), ("2",)]


def test_a_generated_number_skips_every_spelling_of_a_taken_one(order, org):
    first = order(org)
    year = first.split("-")[1]
    order(org, f"#ord\u2013{year}\u2013002")
    order(org, f"ORD-{year}-\u0660\u0660\u0663")
    assert [order(org), order(org)] == [f"ORD-{year}-004", f"ORD-{year}-005"]


@pytest.mark.parametrize("number", ["#", "##", "\ufdfa" * 100, "-"])
def test_a_number_of_any_length_and_letters_is_kept_once(order, org, number):
    order(org, number)
    with pytest.raises(psycopg.errors.UniqueViolation):
        order(org, f" {number} "[:100] if len(number) < 99 else number)


@pytest.mark.parametrize("written", ["#", "1001x", "100", "10-01"])
async def test_another_number_is_not_found(mcp, order, org, written):
    order(org, "1001")
    got = await mcp("nexus_get_order", {"order_id": written}, as_=org.agent())
    assert (got["is_error"], got["error"]) == (True, "not_found")


async def test_an_older_twin_is_found_only_by_its_own_number(mcp, order, org, tenants):
    order(org, "1001")
    with tenants.database() as db, db.transaction():
        db.execute("SET LOCAL session_replication_role = replica")
        db.execute(
            "INSERT INTO orders (organization_id, currency, order_number, order_number_key)"
            " VALUES (%s, 'EGP', '#1001', '1001 #1001')",
            (org.id,),
        )
    agent = org.agent("write")
    moved = await mcp("nexus_update_order_status", {"order_id": "#1001", "order_status": "cancelled"}, as_=agent)
    assert (moved["order_number"], moved["order_status"]) == ("#1001", "cancelled")
    elder = await mcp("nexus_get_order", {"order_id": "# 1001"}, as_=agent)
    assert (elder["order_number"], elder["order_status"]) == ("1001", "pending")
