"""What was written before the rules of orders came: the migrations take it, and it can still be worked with."""

import shutil

import psycopg
import pytest
from psycopg import conninfo

from infra import migrate

BEFORE = """
    INSERT INTO organizations (id, name, currency, country)
    VALUES ('00000000-0000-4000-8000-00000000000a', 'Old', 'ZZZ', 'XX');
    INSERT INTO items (organization_id, sku, selling_price, cost_price)
    VALUES ('00000000-0000-4000-8000-00000000000a', 'FINE', 1.255, 0.005),
        ('00000000-0000-4000-8000-00000000000a', 'NONE', 'NaN', 'NaN');
    INSERT INTO orders
        (organization_id, order_number, order_status, total_amount, currency, refund_amount, payment_status)
    VALUES ('00000000-0000-4000-8000-00000000000a', 'pending', 'pending', 320, 'EGP', 0, 'unpaid'),
        ('00000000-0000-4000-8000-00000000000a', 'refunded', 'delivered', 300, 'ZZZ', 99999, 'unpaid'),
        ('00000000-0000-4000-8000-00000000000a', 'nothing', 'pending', 'NaN', 'EGP', 0, 'unpaid'),
        ('00000000-0000-4000-8000-00000000000a', 'number', 'delivered', 'NaN', 'EGP', 'NaN', 'paid');
    INSERT INTO order_items (organization_id, order_id, name, qty, unit_price)
    SELECT organization_id, id, 'Lantern', 3, CASE order_number WHEN 'nothing' THEN 'NaN' ELSE 320.0 END FROM orders;
    INSERT INTO channel_accounts (id, organization_id, platform, external_id) VALUES
        ('00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-00000000000a', 'whatsapp', '1');
    INSERT INTO channel_events (organization_id, channel_id, dedup_key, name, payload, occurred_at)
    SELECT organization_id, id, field, 'account.told',
        jsonb_build_object('field', field, 'details', '{"state_sync": [{"name": "Mona"}]}'::jsonb), now()
    FROM channel_accounts, unnest(ARRAY['smb_app_state_sync', 'account_update']) AS field;
"""


@pytest.fixture
def upgraded(services, tmp_path):
    """Yield a database of before, with such rows, brought up to date."""
    old = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, old)
    for file in (old / "nexus").glob("*.sql"):
        if file.name >= "0040":
            file.unlink()
    with psycopg.connect(services.admin_url, autocommit=True) as server:
        server.execute("CREATE DATABASE upgraded")
        url = conninfo.make_conninfo(services.admin_url, dbname="upgraded")
        migrate.migrate(url, directory=tmp_path)
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(BEFORE)
            migrate.migrate(url)
            yield database
        server.execute("DROP DATABASE upgraded WITH (FORCE)")


def test_older_rows_are_kept_and_can_be_changed(upgraded):
    totals = dict(upgraded.execute("SELECT order_number, total_amount FROM orders").fetchall())
    assert totals["pending"] == 960
    assert totals["refunded"] == 300
    assert "NaN" not in map(str, totals.values())
    upgraded.execute("UPDATE organizations SET name = 'Older'")
    upgraded.execute("UPDATE items SET min_stock_level = 1")
    upgraded.execute("SET ROLE service_role")
    upgraded.execute("UPDATE orders SET notes = 'seen'")
    upgraded.execute("UPDATE orders SET payment_status = 'paid', refund_amount = 300 WHERE order_number = 'refunded'")
    upgraded.execute("RESET ROLE")


def test_older_address_books_are_reduced_to_their_size(upgraded):
    kept = dict(upgraded.execute("SELECT dedup_key, payload FROM channel_events").fetchall())
    assert kept["smb_app_state_sync"] == {"field": "smb_app_state_sync", "people": 1}
    assert "details" in kept["account_update"]
