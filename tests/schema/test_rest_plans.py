"""What clients ask of /rest/v1 reads the tenant's part of an index too, whatever its neighbours hold."""

from typing import Any

import pytest

from functions.rest.host import SCHEMAS, SEARCH_PATH, for_callers
from shared.platform.rest.catalog.load import load
from shared.platform.rest.program import Compiler
from shared.platform.rest.request import Incoming
from shared.runtime.postgres.connection import Connection
from tests.schema.plans import CROWDED, ROWS, scans
from tests.schema.test_plans import crowded  # noqa: F401  (its fixture)

pytestmark = pytest.mark.anyio
ALL = ROWS + 20
"""A tenant's rows of one table."""


@pytest.fixture
async def compiled(own_database) -> Any:
    """Return the statement that answers a query."""
    async with await Connection.connect(own_database.database_url, autocommit=True) as connection:
        cache = await load(lambda statements: connection.exchange(statements, timeout_s=30), SCHEMAS, SEARCH_PATH)
    compiler = Compiler(cache, for_callers())

    def use(asked: str, **headers: str):
        path, _, query = asked.partition("?")
        incoming = Incoming("GET", f"/{path}", query, tuple(headers.items()))
        return compiler.program(incoming, compiler.request(incoming)).main

    return use


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ("customers?order=created_at.desc,id.desc", 60),
        ("orders?order=created_at.desc,id.desc&select=*,order_items(*),customers(first_name)", 150),
        ("chats?order=last_message_time.desc,id.desc", 60),
        ("order_items?order=order_id&limit=10", 60),
        ("order_items?order=created_at.desc", ALL),
        ("order_items?select=qty,orders!inner(order_number)&orders.order_status=eq.pending", ALL),
        ("messages?order=timestamp.desc", ALL),
        ("customers?phone_number=eq.%2B201000000007", ALL),
        ("items?selling_price=gt.5&select=sku", ALL),
    ],
)  # fmt: skip
async def test_a_list_never_walks_through_the_neighbours(crowded, compiled, asked, most):  # noqa: F811
    for scan in scans(crowded, compiled(asked)):
        if scan.table in CROWDED:
            assert scan.kind != "Seq Scan", f"{scan.table} is read whole"
            assert "app.organization" not in scan.conditions, f"{scan.table} asks who the caller is at each row"
            assert scan.rows_read <= most, f"{scan.table}: {scan.rows_read} rows through {scan.index_name}"


async def test_counting_reads_no_more_than_the_tenants_rows(crowded, compiled):  # noqa: F811
    for scan in scans(crowded, compiled("order_items?limit=1", prefer="count=exact")):
        assert scan.table not in CROWDED or scan.rows_read <= 2 * ALL
