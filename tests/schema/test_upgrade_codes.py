"""Order numbers and SKUs of before, when each spelling was another one."""

import shutil

import psycopg
import pytest
from psycopg import conninfo

from infra import migrate

ORGANIZATIONS = ["00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"]
NUMBERS = ["1001", "#1001", "1001 ", "ORD-2026-001", "ord\u20132026\u2013001", "7", "\ufdfa" * 100]
"""The first of each kind is the eldest."""


@pytest.fixture
def before(services, tmp_path):
    """Yield a database of the schema before, with two organizations of the same orders."""
    old = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, old)
    for file in (old / "nexus").glob("*.sql"):
        if file.name >= "0165":
            file.unlink()
    with psycopg.connect(services.admin_url, autocommit=True) as server:
        server.execute("CREATE DATABASE upgraded_codes")
        url = conninfo.make_conninfo(services.admin_url, dbname="upgraded_codes")
        migrate.migrate(url, directory=tmp_path)
        with psycopg.connect(url, autocommit=True) as database:
            for organization in ORGANIZATIONS:
                database.execute("INSERT INTO organizations (id, name) VALUES (%s, 'Old')", (organization,))
                database.cursor().executemany(
                    "INSERT INTO orders (organization_id, order_number, created_at, updated_at)"
                    " VALUES (%s, %s, timestamptz '2026-01-01 00:00Z' + %s * interval '1 hour', '2026-02-01')",
                    [(organization, number, hour) for hour, number in enumerate(NUMBERS)],
                )
            yield database, lambda: migrate.migrate(url)
        server.execute("DROP DATABASE upgraded_codes WITH (FORCE)")


def items_of(database, organization, *skus):
    for sku in skus:
        database.execute("INSERT INTO items (organization_id, sku) VALUES (%s, %s)", (organization, sku))


def test_every_order_keeps_its_number_and_the_eldest_has_the_key(before):
    database, migrate_on = before
    database.execute("UPDATE orders SET order_status = 'cancelled' WHERE order_number = '7'")
    told = database.execute("SELECT count(*) FROM audit_events").fetchone()
    migrate_on()
    rows = database.execute(
        "SELECT organization_id::text, order_number, order_number_key, updated_at < '2026-03-01'"
        " FROM orders ORDER BY organization_id, created_at"
    ).fetchall()
    long = (
        "\u0635\u0644\u064a \u0627\u0644\u0644\u0647 \u0639\u0644\u064a\u0647 \u0648\u0633\u0644\u0645" * 100
    ).replace(" ", "")
    keys = ["1001", "1001 #1001", "1001 1001 ", "ord-2026-001", "ord-2026-001 ord\u20132026\u2013001", "7", long[:300]]
    expected = [
        (organization, number, key) for organization in ORGANIZATIONS for number, key in zip(NUMBERS, keys, strict=True)
    ]
    assert [row[:3] for row in rows] == expected
    assert [row[3] for row in rows if row[1] != "7"] == [True] * (2 * len(NUMBERS) - 2)
    assert database.execute("SELECT count(*) FROM audit_events").fetchone() == told


def test_an_older_order_is_found_by_its_own_number(before):
    database, migrate_on = before
    migrate_on()
    find = (
        "SELECT order_number FROM orders WHERE organization_id = %(org)s"
        " AND order_number_key = ANY(app.order_number_keys(%(number)s)) ORDER BY order_number = %(number)s DESC LIMIT 1"
    )
    for number in NUMBERS:
        assert database.execute(find, {"org": ORGANIZATIONS[0], "number": number}).fetchone() == (number,)
    assert database.execute(find, {"org": ORGANIZATIONS[0], "number": "# 1001"}).fetchone() == ("1001",)


def test_older_twins_go_on_and_allow_no_new_ones(before):
    database, migrate_on = before
    migrate_on()
    database.execute("UPDATE orders SET notes = 'seen', order_number = order_number")
    insert = "INSERT INTO orders (organization_id, order_number) VALUES (%s, %s)"
    for number in (*NUMBERS, "# 1001", "1001 #1001"[:4]):
        with pytest.raises(psycopg.errors.UniqueViolation):
            database.execute(insert, (ORGANIZATIONS[0], number))
    database.execute(insert, (ORGANIZATIONS[0], "1002"))
    database.execute("UPDATE orders SET order_number = '#1003' WHERE order_number = '#1001'")
    keys = database.execute("SELECT order_number_key FROM orders WHERE order_number = '#1003'").fetchall()
    assert keys == [("1003",)] * 2


def test_twins_of_skus_stop_the_migration_which_names_them(before):
    database, migrate_on = before
    items_of(database, ORGANIZATIONS[0], "AB-12", "AB\u201312", "CD\u00ad1")
    items_of(database, ORGANIZATIONS[1], "ab\u201112")
    with pytest.raises(migrate.MigrationError) as stopped:
        migrate_on()
    assert "'AB-12' and 'AB\u201312' in organization" in str(stopped.value)
    assert "Change one of each" in str(stopped.value)
    assert ORGANIZATIONS[1] not in str(stopped.value)
    database.execute("UPDATE items SET sku = 'AB-13' WHERE sku = 'AB\u201312'")
    migrate_on()
    keys = database.execute("SELECT sku_key FROM items ORDER BY sku_key").fetchall()
    assert keys == [("ab-12",), ("ab-12",), ("ab-13",), ("cd1",)]
