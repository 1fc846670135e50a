"""The transaction: its round trips, its end, and what of it must never be handed on."""
# ruff: noqa: PT012  (what raises here is the end of a transaction, so its whole block stands within)

import asyncio
from uuid import UUID

import msgspec
import psycopg
import pytest

from shared.kernel.errors import Conflict, Refusal, Unavailable
from shared.runtime.postgres import errors, leases
from shared.runtime.postgres.statement import Statement
from shared.runtime.postgres.transaction import transaction

pytestmark = pytest.mark.anyio

ADD = "INSERT INTO customers (first_name) VALUES (%(name)s) RETURNING id"
WHO = "SELECT current_user::text AS name, coalesce(current_setting('request.jwt.claims', true), '') AS claims"


class Made(msgspec.Struct, frozen=True):
    id: UUID


class Who(msgspec.Struct, frozen=True):
    name: str
    claims: str


class Slept(msgspec.Struct, frozen=True):
    n: int


@pytest.fixture
def bare_tx():
    """Return a transaction that enters nothing: what the last user of the connection left behind would show in it."""

    def begin(*, read_only=False):
        return transaction(Statement("SELECT 1", {}), read_only=read_only)

    return begin


@pytest.fixture
def ask(tx):
    """Read once."""

    async def read():
        async with tx(read_only=True) as t:
            return await t.one(Who, WHO)

    return read


async def test_text_is_utf_8_under_another_client_encoding(tx, monkeypatch):
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    for read_only in (True, False):
        async with tx(read_only=read_only) as t:
            read = await t.one(Who, "SELECT %(text)s::text AS name, 'é' AS claims", text="شركة النور")
        assert (read.name, read.claims) == ("شركة النور", "é")


async def test_a_read_is_one_round_trip(tx, postgres):
    for _ in range(6):
        before = postgres.round_trips
        async with tx(read_only=True) as t:
            await t.one(Who, WHO)
    assert postgres.round_trips - before == 1


async def test_a_write_of_one_statement_is_two_round_trips(tx, postgres, names):
    for _ in range(6):
        before = postgres.round_trips
        async with tx() as t:
            await t.one(Made, ADD, name="Mona")
    assert postgres.round_trips - before == 2
    assert names() == ["Mona"] * 6


async def test_deferred_statements_travel_with_others(tx, postgres, names):
    async with tx() as t:
        t.defer(ADD, name="Amal")
        await t.one(Made, ADD, name="Badr")
        before = postgres.round_trips
        t.defer(ADD, name="Celine")
    assert postgres.round_trips - before == 1
    assert names() == ["Amal", "Badr", "Celine"]


async def test_a_block_without_a_statement_costs_nothing(tx, postgres):
    async with tx():
        pass
    assert postgres.connections == 0


async def test_the_role_and_the_claims_last_as_long_as_the_transaction(tx, bare_tx, org):
    for read_only in (True, False):
        async with tx(read_only=read_only) as t:
            within = await t.one(Who, WHO)
        async with bare_tx(read_only=read_only) as t:
            after = await t.one(Who, WHO)
        assert (within.name, str(org.owner.id) in within.claims) == ("authenticated", True)
        assert (after.name, after.claims) == ("authenticator", "")


async def test_a_refusal_undoes_everything_and_leaves_no_role_behind(tx, bare_tx, names):
    with pytest.raises(Conflict):
        async with tx() as t:
            await t.one(Made, ADD, name="Mona")
            raise Conflict
    async with bare_tx(read_only=True) as t:
        assert (await t.one(Who, WHO)).name == "authenticator"
    assert names() == []


async def test_a_statement_that_fails_undoes_those_before_it(tx, names):
    with pytest.raises(errors.InvalidValue):
        async with tx() as t:
            await t.one(Made, ADD, name="Mona")
            await t.run("UPDATE customers SET phone_number = 'no number'")
    assert names() == []


async def test_a_deferred_statement_that_fails_at_the_commit_is_refused(tx, names):
    with pytest.raises(errors.InvalidValue):
        async with tx() as t:
            await t.one(Made, ADD, name="Mona")
            t.defer("UPDATE customers SET phone_number = 'no number'")
    assert names() == []


async def test_a_savepoint_undoes_its_own_block_alone(tx, names):
    async with tx() as t:
        await t.one(Made, ADD, name="Amal")
        with pytest.raises(errors.InvalidValue):
            async with t.savepoint():
                await t.one(Made, ADD, name="Badr")
                await t.run("UPDATE customers SET phone_number = 'no number'")
        await t.one(Made, ADD, name="Celine")
    assert names() == ["Amal", "Celine"]


async def test_a_savepoint_undoes_what_its_first_exchange_did(tx, names):
    async with tx() as t:
        with pytest.raises(errors.InvalidValue):
            async with t.savepoint():
                t.defer(ADD, name="Amal")
                await t.run("UPDATE customers SET phone_number = 'no number'")
        await t.one(Made, ADD, name="Badr")
    assert names() == ["Badr"]


async def test_a_refusal_of_what_was_deferred_before_a_block_is_not_the_blocks(tx, names):
    caught = []
    with pytest.raises(errors.InvalidValue):
        async with tx() as t:
            await t.one(Made, ADD, name="Amal")
            t.defer("UPDATE customers SET phone_number = 'no number'")
            try:
                async with t.savepoint():
                    await t.one(Made, ADD, name="Badr")
            except Refusal as refused:
                caught.append(refused)
    assert (caught, names()) == ([], [])


async def test_an_outer_block_raises_the_deferred_refusal_before_the_inner_one(tx, names):
    async with tx() as t:
        await t.one(Made, ADD, name="Amal")
        with pytest.raises(errors.InvalidValue):
            async with t.savepoint():
                t.defer("UPDATE customers SET phone_number = 'no number'")
                async with t.savepoint():
                    await t.one(Made, ADD, name="Badr")
        await t.one(Made, ADD, name="Celine")
    assert names() == ["Amal", "Celine"]


@pytest.mark.parametrize(("statement", "code"), [
    ("SELECT app.refuse(409, 'taken', 'taken', '{\"by\": 7}')", "taken"),
    ("INSERT INTO labels (name) VALUES ('vip'), ('vip')", "already_exists"),
    ("INSERT INTO customers (first_name, journey_stage_id) VALUES ('Mona', gen_random_uuid())", "invalid_reference"),
    ("SELECT 1 / 0", "invalid_value"),
    ("INSERT INTO audit_events (organization_id, actor_type) VALUES (gen_random_uuid(), 'user')", "permission_denied"),
    ("INSERT INTO labels (organization_id, name) VALUES (gen_random_uuid(), 'x')", "permission_denied"),
])  # fmt: skip
async def test_an_error_of_the_database_becomes_a_refusal(tx, statement, code):
    with pytest.raises(Refusal) as refused:
        async with tx() as t:
            await t.run(statement)
    assert refused.value.code == code


async def test_a_check_that_is_named_by_its_rule_tells_column_and_rule(tx):
    with pytest.raises(Refusal) as refused:
        async with tx() as t:
            await t.run("INSERT INTO customers (first_name, last_contact) VALUES ('Mona', 'infinity')")
    assert (refused.value.status, refused.value.code) == (422, "invalid_value")
    assert refused.value.message == "last_contact must be between 1900 and 2200"
    assert refused.value.details["column"] == "last_contact"


async def test_text_that_postgres_cannot_hold_is_the_callers_fault(tx):
    with pytest.raises(Refusal) as refused:
        async with tx() as t:
            await t.one(Made, ADD, name="Mo\0na")
    assert refused.value.status == 422


async def test_a_read_meets_dead_connections_and_answers_all_the_same(tx, postgres):
    for read_only in (True, False):
        for _ in range(2):
            async with tx(read_only=read_only) as one, tx(read_only=read_only) as other:
                await asyncio.gather(one.one(Who, WHO), other.one(Who, WHO))
            postgres.cut()
        async with tx(read_only=read_only) as t:
            assert (await t.one(Who, WHO)).name == "authenticated"


async def test_a_connection_lost_in_a_transaction_raises_and_keeps_nothing(tx, postgres, names):
    with pytest.raises(Unavailable):
        async with tx() as t:
            await t.one(Made, ADD, name="Mona")
            postgres.cut()
            await t.one(Made, ADD, name="Nour")
    assert names() == []
    async with tx() as t:
        await t.one(Made, ADD, name="Omar")
    assert names() == ["Omar"]


async def test_503_while_the_database_is_away_and_on_again_when_it_is_back(tx, postgres):
    with postgres.down(), pytest.raises(Unavailable) as refused:
        async with tx(read_only=True) as t:
            await t.one(Who, WHO)
    assert refused.value.details["retry_after"] == 2
    async with asyncio.timeout(5):
        while True:  # It is looked for once a second, and until then every caller is told at once.
            try:
                async with tx(read_only=True) as t:
                    await t.one(Who, WHO)
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("patience", [0.001, 0.003, 0.01, 0.05])
async def test_a_cancelled_call_hands_back_no_half_read_connection(tx, bare_tx, names, read_only, patience):
    async def slow(n: int) -> Slept:
        async with tx(read_only=read_only) as t:
            slept: Slept = await t.one(Slept, "SELECT %(n)s::int AS n FROM pg_sleep(0.02)", n=n)
            return slept

    for n in range(10):
        await asyncio.gather(*(asyncio.wait_for(slow(n), patience) for _ in range(3)), return_exceptions=True)
        async with tx(read_only=read_only) as t:
            assert (await t.one(Slept, "SELECT %(n)s::int AS n", n=1000 + n)).n == 1000 + n
    async with bare_tx(read_only=True) as t:
        assert (await t.one(Who, WHO)).name == "authenticator"


async def test_a_call_cancelled_while_the_answer_is_held_back_frees_its_connection(ask, postgres):
    await ask()
    with postgres.silent():
        waiting = [asyncio.ensure_future(ask()) for _ in range(2)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    answers = await asyncio.gather(*(ask() for _ in range(4)))
    assert [answer.name for answer in answers] == ["authenticated"] * 4


async def test_a_cancelled_caller_returns_the_connection_it_waited_for(tx, postgres):
    async def ask() -> None:
        try:
            async with tx(read_only=True) as t:
                await t.one(Who, WHO)
                asked.set()
                await may_end.wait()
        finally:
            asked.set()

    for _ in range(3):
        asked, may_end = asyncio.Event(), asyncio.Event()
        asking = asyncio.ensure_future(ask())
        await asked.wait()
        async with (await leases.pool())._lock:  # As another caller has it for a moment.
            may_end.set()
            await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait([asking])
    async with tx() as one, tx() as other:
        await asyncio.gather(one.one(Who, WHO), other.one(Who, WHO))
    assert postgres.connections <= 2


async def test_a_write_cut_at_any_byte_is_kept_whole_or_not_at_all(tx, postgres, names):
    kept = 0
    for byte in range(1, 400, 7):
        async with tx(read_only=True) as t:
            await t.one(Who, WHO)
        postgres.cut_after = byte
        try:
            async with tx() as t:
                await t.one(Made, ADD, name=f"{byte:03d}")
                await t.one(Made, ADD, name=f"{byte:03d}")
            kept += 1
        except Unavailable:
            pass
        postgres.cut_after = None
        assert names().count(f"{byte:03d}") in (0, 2)
    assert 0 < kept < 57


async def test_an_exhausted_pool_is_reported_as_busy(tx):
    async with tx() as one, tx() as other:
        await one.one(Who, WHO)
        await other.one(Who, WHO)
        with pytest.raises(Unavailable):
            async with tx() as third:
                await third.one(Who, WHO)


async def test_an_error_that_is_our_own_fault_is_no_refusal(tx):
    with pytest.raises(psycopg.errors.UndefinedTable):
        async with tx() as t:
            await t.run("SELECT * FROM no_such_table")
