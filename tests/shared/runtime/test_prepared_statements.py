"""Prepared statements behind refusals: a pipeline that is cut short must leave none that the server does not know."""

import pytest

from shared.runtime.db import InvalidValue, transaction
from shared.runtime.wire import Statement
from tests.shared.runtime.test_db import Who

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("before", [0, 1, 2, 3])
async def test_a_statement_works_after_refusals_that_kept_it_from_the_server(postgres, read_only, before):
    sql = f"SELECT current_user::text AS name, '{before} answers before' AS claims"
    for enter in ["SELECT 1"] * before + ["SELECT 1 / 0"] * 2 + ["SELECT 1"] * 3:
        try:
            async with transaction(Statement(enter, {}), read_only=read_only) as tx:
                assert (await tx.one(Who, sql)).name == "authenticator"
        except InvalidValue:
            assert enter == "SELECT 1 / 0"


async def test_a_statement_that_failed_itself_works_with_other_values(postgres):
    sql = "SELECT current_user::text AS name, (1 / %(by)s::int)::text AS claims"
    for by in (0, 0, 0, 1, 0, 1, 1):
        try:
            async with transaction(Statement("SELECT 1", {}), read_only=True) as tx:
                assert (await tx.one(Who, sql, by=by)).claims == "1"
        except InvalidValue:
            assert by == 0
