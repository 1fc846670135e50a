"""The inventory tools through HTTP, always beside a second tenant."""

import uuid

import pytest

from tests.conftest import Org


@pytest.fixture
def shelves(tenants):
    """Provide `shelves(org)`: two warehouses, items with and without names, stock and codes; their ids by SKU.

    A neighbour has the same.
    """

    def stock(org: Org) -> dict[str, str]:
        with tenants.database() as db:
            db.execute(
                "INSERT INTO items (organization_id, sku, item_no, barcode, name, description, category, selling_price,"
                " min_stock_level, created_at)"
                " SELECT %s, sku, item_no, barcode, name, description, category, price, level,"
                " now() - age * interval '1 s'"
                " FROM (VALUES"
                " ('SHIRT', 'N-1', '622', 'قميص', NULL, 'clothes', 150, 3, 1),"
                " ('MUG', 'N-2', '623', NULL, 'A mug', 'kitchen', 10.5, 0, 2),"
                " ('BARE', 'N-3', NULL, NULL, NULL, 'kitchen', NULL, 0, 3),"
                " ('LOW', NULL, NULL, 'Low', NULL, NULL, 1, 5, 4)"
                ") AS item (sku, item_no, barcode, name, description, category, price, level, age)",
                (org.id,),
            )
            db.execute(
                "INSERT INTO warehouses (organization_id, name) VALUES (%s, 'Cairo'), (%s, 'Giza')", (org.id,) * 2
            )
            db.execute(
                "INSERT INTO stock_movements"
                " (organization_id, inventory_item_id, warehouse_id, movement_type, quantity)"
                " SELECT items.organization_id, items.id, warehouses.id, 'inbound', quantity"
                " FROM (VALUES ('SHIRT', 'Cairo', 10), ('SHIRT', 'Giza', 2), ('MUG', 'Giza', 7), ('LOW', 'Cairo', 5))"
                " AS stock (sku, place, quantity)"
                " JOIN items USING (sku) JOIN warehouses ON warehouses.organization_id = items.organization_id"
                " AND warehouses.name = stock.place WHERE items.organization_id = %s",
                (org.id,),
            )
            rows = db.execute("SELECT sku, id FROM items WHERE organization_id = %s", (org.id,)).fetchall()
        return {sku: str(item) for sku, item in rows}

    def fill(org: Org) -> dict[str, str]:
        stock(tenants.org())
        return stock(org)

    return fill


@pytest.mark.parametrize(
    ("arguments", "skus"),
    [
        ({}, ["SHIRT", "MUG", "BARE", "LOW"]),
        ({"sku": "MUG"}, ["MUG"]),
        ({"category": "kitchen"}, ["MUG", "BARE"]),
        ({"low_stock": True}, ["BARE", "LOW"]),
        ({"low_stock": False}, ["SHIRT", "MUG"]),
        ({"search": "shirt"}, ["SHIRT"]),
        ({"search": "٦٢٣"}, ["MUG"]),
        ({"search": "N-3"}, ["BARE"]),
        ({"search": "SHIR"}, []),
        ({"is_active": False}, []),
    ],
)
async def test_items_are_listed_by_filter(shelves, org, mcp, arguments, skus):
    shelves(org)
    listed = await mcp("nexus_list_inventory", arguments, as_=org.agent("read"))
    assert [item["sku"] for item in listed["data"]] == skus


async def test_every_item_has_a_name_a_price_and_its_stock(shelves, org, mcp):
    shelves(org)
    listed = await mcp("nexus_list_inventory", as_=org.agent("read"))
    shown = [
        (item["name"], item["selling_price"], item["quantity"], item["available_quantity"]) for item in listed["data"]
    ]
    assert shown == [("قميص", 150, 12, 12), ("A mug", 10.5, 7, 7), ("N-3", None, 0, 0), ("Low", 1, 5, 5)]
    assert {item["currency"] for item in listed["data"]} == {"EGP"}


async def test_inventory_is_paged_by_cursor_with_selected_fields(shelves, org, mcp):
    shelves(org)
    agent = org.agent("read")
    first = await mcp("nexus_list_inventory", {"limit": 3, "fields": ["sku"]}, as_=agent)
    rest = await mcp("nexus_list_inventory", {"limit": 3, "cursor": first["next_cursor"]}, as_=agent)
    assert [set(item) for item in first["data"]] == [{"item_id", "created_at", "sku"}] * 3
    assert ([item["sku"] for item in rest["data"]], rest["next_cursor"]) == (["LOW"], None)


async def test_a_page_over_the_byte_budget_ends_at_a_whole_row(org, mcp, tenants):
    with tenants.database() as db:
        db.execute(
            "INSERT INTO items (organization_id, name, sku, created_at)"
            " SELECT %s, repeat('ن', 300), 'SKU-' || n, now() - n * interval '1 s' FROM generate_series(1, 60) AS n",
            (org.id,),
        )
    agent, seen = org.agent("read"), []
    cursor: dict[str, str] = {}
    for _ in range(10):
        page = await mcp("nexus_list_inventory", {"limit": 60} | cursor, as_=agent)
        seen += [item["sku"] for item in page["data"]]
        assert page["truncated"] is (page["next_cursor"] is not None)
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [f"SKU-{number}" for number in range(1, 61)]
    assert cursor


async def test_stock_is_returned_by_warehouse_with_totals(shelves, org, mcp):
    items, agent = shelves(org), org.agent("read")
    by_sku = await mcp("nexus_check_stock", {"sku": "SHIRT"}, as_=agent)
    by_id = await mcp("nexus_check_stock", {"item_id": items["SHIRT"]}, as_=agent)
    assert by_sku == by_id
    assert (by_sku["name"], by_sku["quantity"], by_sku["reserved_quantity"], by_sku["is_low"]) == ("قميص", 12, 0, False)
    assert [(place["name"], place["available_quantity"]) for place in by_sku["warehouses"]] == [
        ("Cairo", 10),
        ("Giza", 2),
    ]


async def test_one_warehouse_is_returned_even_without_stock(shelves, org, mcp):
    shelves(org)
    told = await mcp("nexus_check_stock", {"sku": "MUG", "warehouse": " ca\u200biro"}, as_=org.agent("read"))
    assert [(place["name"], place["quantity"]) for place in told["warehouses"]] == [("Cairo", 0)]
    again = {"sku": "MUG", "warehouse": told["warehouses"][0]["warehouse_id"]}
    assert await mcp("nexus_check_stock", again, as_=org.agent("read")) == told


async def test_rows_of_others_are_refused_like_missing_ones(shelves, org, other_org, mcp):
    shelves(org)
    theirs, agent = shelves(other_org), org.agent("read")
    for item in (theirs["SHIRT"], str(uuid.uuid4())):
        assert (await mcp("nexus_check_stock", {"item_id": item}, as_=agent))["error"] == "not_found"
    their_shirt = await mcp("nexus_check_stock", {"sku": "SHIRT"}, as_=other_org.agent("read"))
    for warehouse in (their_shirt["warehouses"][0]["warehouse_id"], str(uuid.uuid4()), "Nowhere"):
        refused = await mcp("nexus_check_stock", {"sku": "SHIRT", "warehouse": warehouse}, as_=agent)
        assert (refused["error"], refused["warehouse"]) == ("unknown_warehouse", warehouse)
    for neither in ({}, {"sku": "SHIRT", "item_id": theirs["SHIRT"]}):
        assert (await mcp("nexus_check_stock", neither, as_=agent))["error"] == "invalid_request"


@pytest.mark.parametrize("spelt", ["it-7", "IT\u20137", " it\u22127 ", "\uff29\uff34-\u0667", "I\u200bT-7"])
@pytest.mark.parametrize("column", ["item_no", "barcode"])
async def test_an_item_is_found_by_spellings_of_its_number_and_barcode(tenants, org, mcp, column, spelt):
    with tenants.database() as db:
        for stored in ("IT-7", "it-8"):
            db.execute(
                f"INSERT INTO items (organization_id, name, {column}) VALUES (%s, %s, %s)", (org.id, stored, stored)
            )
    for written, name in ((spelt, "IT-7"), (spelt.replace("7", "8").replace("\u0667", "\u0668"), "it-8")):
        listed = await mcp("nexus_list_inventory", {"search": written}, as_=org.agent("read"))
        found = await mcp("nexus_search", {"query": written, "kinds": ["item"]}, as_=org.agent("read"))
        assert [each["name"] for each in listed["data"]] == [name], written
        assert [(each["title"], each["matched"]) for each in found["data"]] == [(name, "code")], written
