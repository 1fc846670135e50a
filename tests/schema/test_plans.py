"""Lists and look-ups of a tenant read that tenant's part of an index, whatever its neighbours hold."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from functions.mcp_server.catalog import registry
from shared.auth import service as auth
from shared.kernel.clock import utc_now
from shared.kernel.errors import Refusal
from shared.platform.mcp.registry import ToolContext
from shared.quotas import service as quotas
from shared.runtime.postgres.statement import Statement
from tests.schema.matrix import World, enter
from tests.schema.plans import CROWDED, FILL, ROWS, Recorder, carry_out, planned_anew, scans
from tests.schema.tables import Database

pytestmark = pytest.mark.anyio

SOME = "00000000-0000-4000-8000-000000000001"
PAGES = {
    "nexus_list_contacts": "customers_list_idx",
    "nexus_list_orders": "orders_list_idx",
    "nexus_list_inventory": "items_list_idx",
    "nexus_list_conversations": "chats_list_idx",
}
"""Lists without a filter, and the index they are read in the order of."""
PLANNED_FIRST = 5
"""Times for which Postgres plans a prepared statement for the values given, before it compares."""
NARROWED = [
    ("nexus_list_contacts", {"phone": "01000000007"}),
    ("nexus_list_contacts", {"email": "somebody@example.com"}),
    ("nexus_list_contacts", {"search": "Name7"}),
    ("nexus_list_contacts", {"label": "vip"}),
    ("nexus_list_contacts", {"journey_stage": "lead"}),
    ("nexus_get_contact", {"customer_id": SOME}),
    ("nexus_list_orders", {"customer_id": SOME}),
    ("nexus_list_orders", {"order_number": "ORD-1999-7"}),
    ("nexus_list_orders", {"order_status": "pending"}),
    ("nexus_list_orders", {"created_from": "2026-01-01", "created_to": "2026-01-02"}),
    ("nexus_get_order", {"order_id": SOME}),
    ("nexus_get_order", {"order_id": "ORD-1999-7"}),
    ("nexus_list_inventory", {"sku": "SKU-7"}),
    ("nexus_list_inventory", {"search": "SKU-7"}),
    ("nexus_list_inventory", {"category": "kind 7"}),
    ("nexus_check_stock", {"sku": "SKU-7"}),
    ("nexus_check_stock", {"item_id": SOME}),
    ("nexus_list_conversations", {"customer_id": SOME}),
    ("nexus_list_conversations", {"unread": True}),
    ("nexus_list_conversations", {"channel": "whatsapp", "messages": 5}),
    ("nexus_search", {"query": "Name7"}),
]

PLANNED_BY_VALUE = [
    ("nexus_list_orders", {"created_from": "2026-01-01", "created_to": "2026-01-02"}),
    ("nexus_list_inventory", {"search": "SKU-7"}),
    ("nexus_list_conversations", {"unread": True}),
]
"""Where Postgres finds that the way depends on the value: a day of orders or a year, a pattern, yes or no."""


@pytest.fixture(scope="module")
def crowded(owner_database: Database, world: World) -> Iterator[Database]:
    """As the first organization's owner, beside seven others as large as it; nothing of it stays."""
    neighbours = [uuid.uuid4() for _ in range(6)]
    with owner_database.transaction(force_rollback=True):
        owner_database.execute(
            "INSERT INTO organizations (id, name) SELECT id, 'Neighbour' FROM unnest(%s) AS id", [neighbours]
        )
        owner_database.execute("SET LOCAL session_replication_role = replica")
        for organization_id in (world.own.id, world.other.id, *neighbours):
            for statement in FILL.split(";\n")[:-1]:
                owner_database.execute(statement, {"org": organization_id, "rows": ROWS})
        owner_database.execute("SET LOCAL session_replication_role = origin")
        owner_database.execute("ANALYZE")
        owner_database.execute("SET LOCAL track_functions = 'pl'")
        owner_database.execute("SET LOCAL SESSION AUTHORIZATION authenticator")
        enter(owner_database, next(actor.principal for actor in world.actors if actor.name == "owner"))
        yield owner_database


@pytest.fixture
def sent(world: World) -> Any:
    """Return the statements that a tool sends for these arguments."""

    async def use(name: str, arguments: dict[str, Any]) -> list[Statement]:
        recorder, tool = Recorder(), registry.tools[name]
        caller: Any = next(actor.principal for actor in world.actors if actor.name == "owner")
        stand_in: Any = recorder
        try:
            await tool.run(ToolContext(stand_in, caller, "test", 0), tool.arguments.model_validate(arguments))
        except Refusal:
            assert recorder.statements
        return recorder.statements

    return use


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_read_off_the_lists_own_index(crowded, sent, name):
    (statement,) = await sent(name, {"limit": 25})
    listed = [scan for scan in scans(crowded, statement) if scan.table in CROWDED]
    assert PAGES[name] in [scan.index_name for scan in listed]
    assert max(scan.rows_read for scan in listed) <= 60, "it reads more than a page"


@pytest.mark.parametrize(("name", "arguments"), [*NARROWED, *((name, {}) for name in PAGES)], ids=str)
async def test_a_tenants_read_never_walks_through_its_neighbours(crowded, sent, name, arguments):
    for statement in await sent(name, arguments):
        for scan in scans(crowded, statement):
            if scan.table not in CROWDED:
                continue
            assert scan.kind != "Seq Scan", f"{scan.table} is read whole"
            assert "app.organization" not in scan.conditions, f"{scan.table} asks who the caller is at each row"
            assert scan.rows_read <= ROWS + 1, f"{scan.table}: {scan.rows_read} rows through {scan.index_name}"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [*(each for each in NARROWED if each not in PLANNED_BY_VALUE), *((name, {}) for name in PAGES)],
    ids=str,
)
async def test_a_read_is_planned_once_and_not_at_every_call(crowded, sent, name, arguments):
    for statement in await sent(name, arguments):
        assert planned_anew(crowded, statement, times=12) <= PLANNED_FIRST


@pytest.mark.parametrize("name", PAGES)
async def test_a_further_page_is_not_planned_at_every_call_either(crowded, sent, name):
    (statement,) = await sent(name, {"limit": 25})
    further = {"after_time": utc_now() - timedelta(minutes=ROWS / 4), "after_id": uuid.UUID(SOME)}
    statement = replace(statement, params={**statement.params, **further})
    assert planned_anew(crowded, statement, times=12) <= PLANNED_FIRST


async def test_keys_and_usage_are_read_the_same_way(crowded):
    recorder: Any = Recorder()
    await auth.list_keys(recorder, limit=25, cursor=None, include_revoked=True)
    with pytest.raises(Refusal):
        await quotas.report_usage(recorder, calls_today=0)
    for statement in recorder.statements:
        assert "app.organization" not in " ".join(scan.conditions for scan in scans(crowded, statement))


@pytest.mark.parametrize("name", PAGES)
async def test_the_caller_is_read_once_for_each_table_and_not_for_each_row(crowded, sent, name):
    calls = "SELECT coalesce(sum(calls), 0) FROM pg_stat_xact_user_functions WHERE funcname = 'organization_claimed'"
    (statement,) = await sent(name, {"limit": 100})
    (before,) = crowded.execute(calls).fetchone()
    rows = carry_out(crowded, statement)
    (after,) = crowded.execute(calls).fetchone()
    assert len(rows) > 100 >= 25 * (after - before) > 0
