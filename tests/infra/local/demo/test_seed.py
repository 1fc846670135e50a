"""The demo business as it is put into a migrated database: whole, lawful, the same every time."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import bcrypt
import msgspec
import phonenumbers
import psycopg
import pytest

from infra.local.demo.business.contacts import KNOWN_CONTACT_ID, make_contacts
from infra.local.demo.business.orders import make_orders
from infra.local.demo.business.scene import set_scene
from infra.local.demo.business.shops import SHOP, SHOPS, WORKSHOP
from infra.local.demo.business.stock import make_items
from infra.local.demo.seed import SeedReport, seed
from infra.local.servers.services import Services
from infra.migrate import migrate
from shared.kernel.phones import normalize

NOW = datetime(2026, 2, 10, 15, 30, tzinfo=UTC)
"""Early in a year, so that the three months of orders lie in two years."""
STATUSES = {"pending", "confirmed", "fulfilling", "shipped", "delivered", "cancelled"}


@pytest.fixture(scope="module")
def admin_url(services: Services) -> Iterator[str]:
    """Yield a database of its own beside the one that every other test uses."""
    name = "seeded"
    with psycopg.connect(services.admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        url = urlsplit(services.admin_url)._replace(path=f"/{name}").geturl()
        migrate(url)
        yield url
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def seeded(admin_url: str, services: Services) -> SeedReport:
    return seed(admin_url, services.secrets, now=NOW)


@pytest.fixture
def rows(admin_url: str, seeded: SeedReport) -> Any:
    """Use as `rows("SELECT …")`."""

    def rows(sql: str, *values: object) -> list[Any]:
        with psycopg.connect(admin_url) as connection:
            return connection.execute(sql, values).fetchall()

    return rows


def test_the_report_counts_what_there_is(seeded):
    shop, workshop = seeded.organizations
    assert seeded.created
    assert (shop.organization, shop.plan, shop.contacts, shop.orders) == (SHOP.name, "growth", 320, 230)
    assert (shop.people, shop.agents, shop.items, shop.warehouses, shop.conversations) == (3, 1, 60, 2, 96)
    assert (workshop.plan, workshop.contacts, workshop.orders, workshop.people) == ("free", 18, 12, 1)
    assert str(seeded).startswith(f"{SHOP.name} (growth): 320 contacts")
    assert json.loads(msgspec.json.encode(seeded))["organizations"][0]["contacts"] == 320


def test_a_second_seed_changes_nothing(admin_url, seeded, rows, services):
    before = rows("SELECT count(*), max(created_at), max(id::text) FROM audit_events")
    again = seed(admin_url, services.secrets)
    assert (again.created, again.organizations) == (False, seeded.organizations)
    assert rows("SELECT count(*), max(created_at), max(id::text) FROM audit_events") == before


def test_a_seed_that_was_interrupted_between_the_organizations_goes_on(admin_url, seeded, services):
    with _lost(admin_url, WORKSHOP.organization_id) as told:
        again = seed(admin_url, services.secrets, now=NOW, on_shop=told.append)
    assert (again.created, again.organizations, told) == (True, seeded.organizations, [WORKSHOP.name])


def test_the_same_business_comes_out_whenever_it_is_put_in():
    def made(now: datetime) -> tuple[Any, ...]:
        scene = set_scene(SHOP, now)
        items = make_items(scene)
        contacts = make_contacts(scene, {"website": SHOP.id("source")})
        trade = make_orders(scene, contacts, items)
        return (
            [(each.id, each.first_name, each.email, each.phone_raw) for each in contacts],
            sorted((order.id, order.customer_id, order.total_amount) for order in trade.orders),
        )

    assert made(NOW) == made(NOW + timedelta(days=100, hours=7))


def test_the_people_sign_in_with_the_demo_password(rows, services):
    people = rows("SELECT email, encrypted_password, raw_app_meta_data FROM auth.users WHERE email IS NOT NULL")
    assert services.secrets.demo_email in {email for email, _, _ in people}
    assert len(people) == 4
    for _, hashed, metadata in people:
        assert bcrypt.checkpw(services.secrets.demo_password.encode(), hashed.encode())
        assert metadata["provider"] == "email"
    assert rows("SELECT count(*) FROM auth.identities WHERE email IS NOT NULL") == [(4,)]
    assert Counter(role for (role,) in rows("SELECT role FROM organization_members")) == {
        "owner": 2,
        "admin": 1,
        "member": 1,
    }


def test_the_known_contact_is_the_only_one_of_that_name(rows):
    named = rows("SELECT id FROM customers WHERE first_name = 'ياسمين' AND last_name = 'عبد الرحمن'")
    assert named == [(KNOWN_CONTACT_ID,)]


def test_phone_numbers_are_valid_and_addresses_reach_nobody(rows):
    numbers = rows("SELECT phone_number, phone_raw FROM customers WHERE phone_number IS NOT NULL")
    assert len(numbers) > 300
    for number, raw in numbers:
        assert number.startswith("+20159")
        assert phonenumbers.is_valid_number(phonenumbers.parse(number, None))
        assert normalize(raw, "EG") == number
    assert rows("SELECT count(*) FROM customers WHERE email NOT LIKE '%%@example.com'") == [(0,)]
    assert rows("SELECT count(*) FROM customers WHERE email IS NULL AND phone_number IS NULL") == [(0,)]


def test_contacts_are_written_in_both_scripts_and_stand_on_every_stage(rows):
    arabic, latin = (
        rows("SELECT count(*) FROM customers WHERE first_name ~ %s", kind)[0][0] for kind in ("[ء-ي]", "[A-Z]")
    )
    assert arabic > 150
    assert latin > 80
    stages = rows(
        "SELECT DISTINCT stage.name FROM customers JOIN customer_journey_stages AS stage ON stage.id = journey_stage_id"
    )
    assert {name for (name,) in stages} == {"lead", "prospect", "customer", "vip", "churned"}


def test_stock_is_the_sum_of_its_movements_and_what_is_reserved_is_held(rows):
    wrong = rows("""
        SELECT balance.id
        FROM stock_balances AS balance
        WHERE balance.quantity <> (
            SELECT sum(moved.quantity) FROM stock_movements AS moved
            WHERE moved.inventory_item_id = balance.item_id AND moved.warehouse_id = balance.warehouse_id
        ) OR balance.reserved_quantity <> (
            SELECT coalesce(sum(held.quantity), 0) FROM stock_reservations AS held
            WHERE held.item_id = balance.item_id AND held.warehouse_id = balance.warehouse_id
        )
    """)
    assert wrong == []
    low = rows("SELECT count(*) FILTER (WHERE is_low), count(*) FILTER (WHERE available_quantity = 0) FROM item_stock")
    assert all(count > 3 for count in low[0])


def test_stock_never_was_below_zero_on_any_day(rows):
    short = rows("""
        SELECT FROM (
            SELECT sum(quantity) OVER (
                PARTITION BY inventory_item_id, warehouse_id ORDER BY created_at, quantity DESC
            ) AS left
            FROM stock_movements
        ) AS running
        WHERE running.left < 0
    """)
    assert short == []


def test_both_warehouses_hold_stock_and_every_kind_of_movement_has_happened(rows):
    held = rows(
        "SELECT sum(quantity) FROM stock_balances WHERE organization_id = %s GROUP BY warehouse_id",
        SHOP.organization_id,
    )
    assert len(held) == 2
    assert min(quantity for (quantity,) in held) > 100
    kinds = rows("SELECT DISTINCT movement_type FROM stock_movements")
    assert {kind for (kind,) in kinds} == {"inbound", "outbound", "adjustment", "transfer"}


def test_orders_stand_in_every_state_and_their_lines_add_up(rows):
    found = rows("SELECT order_status::text FROM orders WHERE organization_id = %s", SHOP.organization_id)
    counted = Counter(status for (status,) in found)
    assert set(counted) == STATUSES
    assert min(counted.values()) >= 4
    wrong = rows("""
        SELECT orders.id FROM orders
        WHERE total_amount IS DISTINCT FROM (
            SELECT sum(line.qty * line.unit_price) FROM order_items AS line WHERE line.order_id = orders.id
        )
    """)
    assert wrong == []


def test_the_trail_of_an_order_lists_its_legal_steps_in_time(rows):
    """The trigger has refused any other step; the dates must not contradict them."""
    trails = rows("""
        SELECT orders.order_status::text, orders.created_at, array_agg(event.changes -> 'order_status' ->> 'to'
            ORDER BY event.created_at), min(event.created_at), max(event.created_at), orders.updated_at
        FROM orders JOIN audit_events AS event ON event.entity_id = orders.id AND event.action = 'orders.update'
        GROUP BY orders.id
    """)
    assert len(trails) > 200
    for status, created, steps, first, last, updated in trails:
        assert steps[-1] == status
        assert created < first <= last == updated <= NOW
        if status == "delivered":
            assert steps == ["confirmed", "fulfilling", "shipped", "delivered"]


def test_orders_are_spread_over_three_months_and_numbered_by_year(rows):
    oldest, newest = rows("SELECT min(created_at), max(created_at) FROM orders")[0]
    assert timedelta(days=80) < NOW - oldest < timedelta(days=92)
    assert NOW - newest < timedelta(days=1)
    numbers = rows(
        "SELECT order_number FROM orders WHERE organization_id = %s ORDER BY created_at", SHOP.organization_id
    )
    assert numbers[0] == ("ORD-2025-001",)
    assert numbers[-1][0].startswith("ORD-2026-")
    sequences = rows("SELECT sum(last_number) FROM order_sequences WHERE organization_id = %s", SHOP.organization_id)
    assert sequences == [(SHOP.orders,)]


def test_conversations_run_on_three_channels_in_both_languages(rows):
    channels = rows("SELECT platform, count(*) FROM chats WHERE organization_id = %s GROUP BY 1", SHOP.organization_id)
    assert dict(channels) == SHOP.chats
    for pattern in ("[ء-ي]", "^[A-Z]"):
        assert rows("SELECT count(*) FROM messages WHERE content ~ %s", pattern)[0][0] > 50
    assert rows("SELECT count(*) FROM messages WHERE content LIKE '%%{%%'") == [(0,)]
    unread, archived = rows("SELECT sum((unread_count > 0)::int), sum(is_archived::int) FROM chats")[0]
    assert unread > 10
    assert archived > 5


def test_nothing_happened_after_the_present(rows):
    for table, column in (("customers", "created_at"), ("messages", "timestamp"), ("audit_events", "created_at"),
                          ("stock_movements", "created_at"), ("stock_reservations", "created_at")):  # fmt: skip
        assert rows(f"SELECT count(*) FROM {table} WHERE {column} > %s", NOW) == [(0,)], table


def test_usage_is_counted_as_for_any_tenant(rows):
    used = dict(rows("SELECT resource, used FROM usage_counters WHERE organization_id = %s AND period = 'total'",
                     WORKSHOP.organization_id))  # fmt: skip
    counted = {"items": 0, "chats": 0, "labels": 0}
    for table, resource in (
        ("items", "items"), ("chats", "chats"), ("labels", "labels"), ("customer_journey_stages", "labels"),
        ("lead_sources", "labels"),
    ):  # fmt: skip
        counted[resource] += len(rows(f"SELECT FROM {table} WHERE organization_id = %s", WORKSHOP.organization_id))
    assert used == {"contacts": WORKSHOP.contacts, "orders": WORKSHOP.orders, **counted}


def test_the_triggers_stand_again(rows):
    assert rows("SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'") == []


def test_the_seeded_key_opens_nothing(rows):
    ((hashed,),) = rows("SELECT key_hash FROM agent_api_keys")
    assert not bcrypt.checkpw(b"nxs_ak_", hashed.encode())


def test_ids_are_the_same_on_every_machine():
    assert [shop.organization_id for shop in SHOPS] == [
        UUID("aa05c8d7-58de-5ed9-a509-8443cdf55cfb"),
        UUID("0ce9f67d-e3c8-5a38-92b2-e259f6d4412c"),
    ]


@contextmanager
def _lost(admin_url: str, organization_id: UUID) -> Iterator[list[str]]:
    """Delete the rows of one organization, as if it had not been seeded yet."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        owners = [row[0] for row in connection.execute(
            "SELECT user_id FROM organization_members WHERE organization_id = %s", [organization_id])]  # fmt: skip
        connection.execute("DELETE FROM organizations WHERE id = %s", [organization_id])
        connection.execute("DELETE FROM auth.users WHERE id = ANY(%s)", [owners])
    yield []
