"""Amounts through /rest/v1, in every column that has decimals: kept as they were sent, or refused."""

import json

import pytest

pytestmark = pytest.mark.anyio

ROUNDED = ["1.0004", "0.0004", "99.9996", "1.2554", "-0.0001", "1e-4", "12345e-5", '"1.0004"', '" 1.0004 "',
           '"1.00040"', '"\\u0031.0004"', "99999999999.9996", "1e-999999999"]  # fmt: skip
"""As they stand in JSON."""
KEPT = {
    "1.25": 1.25,
    "1.2500000": 1.25,
    "0": 0,
    "0.0000": 0,
    "125e-2": 1.25,
    '"1.25"': 1.25,
    "12500e-4": 1.25,
    "1e2": 100,
}
NOTATIONS = ['"0x10"', '"1_000"', '"0b11"', '"0O17"', '" -0x10"', '"1.0_1"']
ANSWERED = {"Prefer": "return=representation"}


@pytest.fixture
def amounts(tenants, org, rest):
    """Where amounts are written: `(table, column, id)` of every column with decimals."""
    with tenants.database() as db:
        found = db.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type = 'numeric' AND numeric_scale > 0 AND table_name IN"
            " (SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)"
            " AND table_name <> 'plans' ORDER BY 1, 2"
        ).fetchall()
        one = "INSERT INTO {} (organization_id{}) VALUES (%s{}) RETURNING id"
        item = db.execute(one.format("items", ", name", ", 'Lamp'"), (org.id,)).fetchone()[0]
        paid = one.format("orders", ", currency, payment_status", ", 'EGP', 'paid'")
        order = db.execute(paid, (org.id,)).fetchone()[0]
        line = db.execute(
            one.format("order_items", ", order_id, name, qty, unit_price", ", %s, 'Lamp', 1, 200"), (org.id, order)
        ).fetchone()[0]
    rows = {"items": item, "orders": order, "order_items": line}
    return [(table, column, rows[table]) for table, column in found]


async def _patched(rest, org, place, sent, **caller):
    table, column, row = place
    return await rest(
        "PATCH", f"{table}?id=eq.{row}", content=f'{{"{column}": {sent}}}',
        headers={"Content-Type": "application/json", **ANSWERED}, **(caller or {"as_": org.agent()}),
    )  # fmt: skip


async def test_the_columns_with_decimals_are_found(amounts):
    assert [(table, column) for table, column, _ in amounts] == [
        ("items", "cost_price"), ("items", "selling_price"), ("order_items", "unit_price"),
        ("orders", "refund_amount"), ("orders", "total_amount"),
    ]  # fmt: skip


@pytest.mark.parametrize("caller", [{}, {"key": "secret"}], ids=["agent", "service"])
async def test_422_for_an_amount_that_would_be_rounded(rest, org, amounts, caller):
    for place in amounts:
        for sent in ROUNDED:
            answer = await _patched(rest, org, place, sent, **caller)
            assert (answer.status_code, answer.json()["code"]) == (422, "PT422"), (place, sent, answer.text)
            told = json.loads(answer.json()["details"])
            assert (told["error"], told["decimals"]) == ("invalid_amount", 3)


async def test_400_for_other_notations_of_numbers(rest, org, amounts):
    for place in [*amounts, ("items", "min_stock_level", amounts[0][2])]:
        for sent in NOTATIONS:
            answer = await _patched(rest, org, place, sent)
            assert (answer.status_code, answer.json()["code"]) == (400, "22P02"), (place, sent, answer.text)


async def test_an_amount_that_needs_no_more_decimals_is_kept(rest, org, amounts):
    for table, column, row in amounts[:3]:
        for sent, kept in KEPT.items():
            answer = await _patched(rest, org, (table, column, row), sent)
            assert (answer.status_code, answer.json()[0][column]) == (200, kept), (column, sent, answer.text)


async def test_rows_csv_and_missing_members_are_checked_in_the_same_way(rest, org):
    agent = org.agent()
    good, bad = ({"organization_id": str(org.id), "name": "Lamp", "selling_price": each} for each in (1.25, 1.0004))
    for path, body in (("items", [good, bad]), ("items?columns=organization_id,name,selling_price", [{}, bad])):
        answer = await rest("POST", path, as_=agent, json=body, headers=ANSWERED)
        assert answer.status_code == 422, answer.text
    lines = f"organization_id,name,selling_price\n{org.id},Lamp,1.0004\n"
    answer = await rest("POST", "items", as_=agent, content=lines, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 422, answer.text
