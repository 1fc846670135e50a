"""Prepared statements behind refusals: a pipeline that is cut short must leave none that the server does not know."""

import asyncio
import contextlib

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from shared.runtime.postgres.errors import InvalidValue
from shared.runtime.postgres.leases import leased
from shared.runtime.postgres.statement import Statement
from shared.runtime.postgres.transaction import transaction
from tests.shared.runtime.postgres.test_transaction import Who

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


async def test_statements_of_clients_displace_each_other_and_none_of_ours(postgres):
    ours = Statement("SELECT 'ours'", {})
    async with leased() as connection:
        await connection.exchange([ours], timeout_s=5)
        for number in range(130):
            await connection.exchange(
                [Statement(f"SELECT {number}, %(text)s", {"text": "x"}, ad_hoc=True)], timeout_s=5
            )
        sql = "SELECT count(*) FILTER (WHERE statement LIKE '%$1'), bool_or(statement = $$SELECT 'ours'$$)"
        [kept] = await connection.exchange(
            [Statement(f"{sql} FROM pg_prepared_statements".replace("%", "%%"), {})], timeout_s=5
        )
        assert kept.values == [(100, True)]
        [again] = await connection.exchange([Statement("SELECT 0, %(text)s", {"text": "y"}, ad_hoc=True)], timeout_s=5)
        assert again.values == [(0, "y")]


async def test_a_failed_transaction_ends_with_too_many_prepared_statements(postgres):
    begin, rollback = Statement("BEGIN", {}), Statement("ROLLBACK", {})
    async with leased() as connection:
        for number in range(102):
            failing = Statement(f"SELECT {number} / %(by)s::int", {"by": 1 if number < 101 else 0}, ad_hoc=True)
            with contextlib.suppress(psycopg.errors.DivisionByZero):
                await connection.exchange([begin, failing], timeout_s=5)
            await connection.exchange([rollback], timeout_s=5)
        assert connection.info.transaction_status is TransactionStatus.IDLE


async def test_a_connection_that_the_server_closed_is_replaced_before_use(postgres):
    async with leased() as connection:
        await connection.exchange([Statement("SELECT 1", {})], timeout_s=5)
    postgres.cut()
    await asyncio.sleep(0)
    async with leased() as connection:
        assert (await connection.exchange([Statement("SELECT 2", {})], timeout_s=5))[0].values == [(2,)]


async def test_a_plan_whose_table_was_altered_ends_its_connection(postgres):
    make, alter = "CREATE TEMP TABLE altered (a int)", "ALTER TABLE altered ADD COLUMN b int"
    async with leased() as connection:
        for sql in (make, "SELECT * FROM altered", alter):
            await connection.exchange([Statement(sql, {})], timeout_s=5)
        with pytest.raises(psycopg.OperationalError, match="out of date"):
            await connection.exchange([Statement("SELECT * FROM altered", {})], timeout_s=5)
        assert connection.broken


async def test_an_unsupported_feature_has_its_own_refusal(postgres):
    raising = "DO $$ BEGIN RAISE EXCEPTION 'not here' USING ERRCODE = '0A000'; END $$"
    async with leased() as connection:
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="not here"):
            await connection.exchange([Statement(raising, {})], timeout_s=5)
        assert not connection.broken
