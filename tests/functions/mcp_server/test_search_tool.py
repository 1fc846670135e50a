"""Search through the MCP endpoint, always beside a second tenant that has the same names."""

import pytest


@pytest.fixture
def shop(tenants):
    """Provide `shop(org)`: contacts, items and orders that both tenants have."""

    def fill(org):
        with tenants.database() as db:
            for first, last, phone, email, company in (
                ("محمد", "المنصوري", "+201012345678", None, None),
                ("عبد الرحمن", "حسن", None, "abdo@example.com", None),
                ("Mohamed", "Farouk", "+201099999999", "mfarouk@example.com", None),
                ("Mona", "El-Sayed", None, None, "Nile Trading"),
                ("Sara", "Adel", None, None, None),
            ):
                db.execute(
                    "INSERT INTO customers (organization_id, first_name, last_name, phone_number, email, company)"
                    " VALUES (%s, %s, %s, %s, %s, %s)",
                    (org.id, first, last, phone, email, company),
                )
            db.execute(
                "INSERT INTO items (organization_id, name, sku, barcode)"
                " VALUES (%(org)s, 'قميص أزرق', 'TSH-BLU-M', '6221234567890'),"
                " (%(org)s, 'Ceramic mug', 'MUG-1', NULL)",
                {"org": org.id},
            )
            db.execute(
                "INSERT INTO orders (organization_id, order_number, customer_id)"
                " SELECT %(org)s, 'ORD-2026-0042', id FROM customers"
                " WHERE organization_id = %(org)s AND first_name = 'Sara'",
                {"org": org.id},
            )

    return fill


@pytest.mark.parametrize(
    ("query", "title", "matched"),
    [
        ("محمد المنصوري", "محمد المنصوري", "exact"),
        ("مُحَمَّد", "محمد المنصوري", "exact"),
        ("منصوري", "محمد المنصوري", "exact"),
        ("محمد المنصورى", "محمد المنصوري", "exact"),
        ("محمدد المنصوري", "محمد المنصوري", "similar"),
        ("عبدالرحمن", "عبد الرحمن حسن", "exact"),
        ("٠١٠١٢٣٤٥٦٧٨", "محمد المنصوري", "code"),
        ("010 1234 5678", "محمد المنصوري", "code"),
        ("+201012345678", "محمد المنصوري", "code"),
        ("MFAROUK@example.com", "Mohamed Farouk", "code"),
        ("mohamed farouk", "Mohamed Farouk", "exact"),
        ("Mohmaed Farok", "Mohamed Farouk", "similar"),
        ("Faro", "Mohamed Farouk", "prefix"),
        ("elsayed", "Mona El-Sayed", "exact"),
        ("Nile Tradng", "Mona El-Sayed", "similar"),
        ("ORD-2026-0042", "ORD-2026-0042", "code"),
        ("ord-2026-0042", "ORD-2026-0042", "code"),
        ("#ORD-2026-0042", "ORD-2026-0042", "code"),
        ("0042", "ORD-2026-0042", "exact"),
        ("TSH-BLU-M", "قميص أزرق", "code"),
        ("tsh blu", "قميص أزرق", "exact"),
        ("6221234567890", "قميص أزرق", "code"),
        ("قميص ازرق", "قميص أزرق", "exact"),
        ("ceramc mug", "Ceramic mug", "similar"),
    ],
)
async def test_things_are_found_by_what_is_known_of_them(*, mcp, org, other_org, shop, query, title, matched):
    shop(org)
    shop(other_org)
    answer = await mcp("nexus_search", {"query": query}, as_=org.agent("read"))
    assert (answer["data"][0]["title"], answer["data"][0]["matched"]) == (title, matched)
    assert [find["title"] for find in answer["data"]].count(title) == 1


async def test_a_contacts_orders_are_found_with_the_contact(mcp, org, shop):
    shop(org)
    answer = await mcp("nexus_search", {"query": "Sara Adel"}, as_=org.agent())
    assert [(find["kind"], find["matched"]) for find in answer["data"]] == [("contact", "exact"), ("order", "customer")]
    only = await mcp("nexus_search", {"query": "Sara Adel", "kinds": ["order"]}, as_=org.agent())
    assert [find["title"] for find in only["data"]] == ["ORD-2026-0042"]


@pytest.mark.parametrize("query", ["", " ", "%", "''", "؟", "zzzzzz", "\u0640", "a" * 200, "\\", "() | & !", "'; --"])
async def test_a_search_without_a_match_returns_an_empty_list(mcp, org, shop, query):
    shop(org)
    answer = await mcp("nexus_search", {"query": query}, as_=org.agent())
    assert answer.get("data", []) == []
    assert answer["is_error"] is (query == "")


async def test_a_tenant_finds_its_own_only(mcp, org, other_org, shop):
    shop(other_org)
    for query in ("محمد المنصوري", "+201012345678", "ORD-2026-0042", "TSH-BLU-M", "mfarouk@example.com", "Sara"):
        assert (await mcp("nexus_search", {"query": query}, as_=org.agent()))["data"] == []


async def test_a_search_returns_at_most_the_requested_number(mcp, org, tenants):
    with tenants.database() as db:
        db.execute(
            "INSERT INTO customers (organization_id, first_name)"
            " SELECT %s, 'Mona ' || n FROM generate_series(1, 30) AS n",
            (org.id,),
        )
    answer = await mcp("nexus_search", {"query": "mona", "limit": 7}, as_=org.agent())
    assert len(answer["data"]) == 7


async def test_a_changed_or_deleted_contact_is_found_as_it_is_now(mcp, org, shop, tenants):
    shop(org)
    with tenants.database() as db:
        db.execute(
            "UPDATE customers SET last_name = 'Zaki' WHERE organization_id = %s AND first_name = 'Mona'", (org.id,)
        )
        db.execute("DELETE FROM customers WHERE organization_id = %s AND first_name = 'Sara'", (org.id,))
    agent = org.agent()
    assert (await mcp("nexus_search", {"query": "Zaki"}, as_=agent))["data"][0]["title"] == "Mona Zaki"
    assert (await mcp("nexus_search", {"query": "Sara Adel"}, as_=agent))["data"] == []
