"""One row of a job: done, or set aside alone with what was in its way."""

import uuid

import msgspec
import pytest

from shared.kernel.errors import Conflict, Unavailable
from shared.runtime.postgres import leases
from shared.runtime.set_aside import Fault, Piece
from shared.tenancy.pieces import SET_ASIDE, perform, work_off

pytestmark = pytest.mark.anyio


class Letter(msgspec.Struct, frozen=True):
    number: int


@pytest.fixture
async def piece(org):
    yield Piece(org.id, "names", uuid.uuid4().hex)
    await leases.close()


@pytest.fixture
def aside(tenants):
    """Code, fault and attempts of what is set aside for a piece."""

    def look(piece):
        with tenants.database() as database:
            return database.execute(
                "SELECT error_code, fault, attempts FROM set_aside"
                " WHERE organization_id = %s AND queue = %s AND subject = %s",
                list(piece),
            ).fetchone()

    return look


@pytest.fixture
def run(piece):
    async def work_on(row, work, **options):
        return await perform(piece, row, Letter, work, request_id="test", **options)

    return work_on


async def double(letter):
    return letter.number * 2


async def fail(_letter):
    raise Conflict("taken already")


async def test_the_result_of_the_work_on_the_row(run, aside, piece):
    assert await run(b'{"number":21}', double) == 42
    assert aside(piece) is None


async def test_a_row_that_nobody_can_read_is_set_aside_and_not_worked_on(run, aside, piece):
    outcome = await run(b'{"number":"x"}', double)
    assert isinstance(outcome, Fault)
    assert outcome.code == "unreadable"
    code, fault, attempts = aside(piece)
    assert (code, attempts) == ("unreadable", 1)
    assert "number" in fault


async def test_work_that_fails_is_set_aside_under_its_code_and_counted_again(run, aside, piece):
    for times in (1, 2):
        outcome = await run(b'{"number":1}', fail)
        assert isinstance(outcome, Fault)
        assert outcome.code == "conflict"
        assert aside(piece)[::2] == ("conflict", times)
    assert "taken already" in aside(piece)[1]


async def test_a_piece_that_succeeds_at_last_is_set_aside_no_longer(run, aside, piece):
    await run(b'{"number":1}', fail)
    assert await run(b'{"number":1}', double) == 2
    assert aside(piece) is None


@pytest.mark.parametrize("number", [1, 2])
async def test_a_piece_never_set_aside_is_not_looked_for(run, aside, piece, number):
    await run(b'{"number":1}', fail)
    await run(b'{"number":%d}' % number, double, may_be_aside=lambda letter: letter.number == 2)
    assert (aside(piece) is None) == (number == 2)


async def test_a_database_that_is_away_is_no_fault_of_the_row(run, aside, piece):
    async def lose(_letter):
        raise Unavailable

    with pytest.raises(Unavailable):
        await run(b'{"number":1}', lose)
    assert aside(piece) is None


class Claimed(msgspec.Struct, frozen=True):
    organization_id: uuid.UUID
    number: int


async def test_work_off_counts_outcomes_and_faults(org):
    due = [Claimed(org.id, number) for number in range(5)]

    async def take(_tx, *, spared):
        return due.pop() if due and org.id not in spared else None

    async def work(claimed):
        return Fault("conflict", "taken already") if claimed.number == 0 else ("odd" if claimed.number % 2 else "even")

    outcomes = await work_off(take, work, request_id="test", for_s=5.0)
    assert outcomes == {"even": 2, "odd": 2, SET_ASIDE: 1}
    await leases.close()


async def test_work_off_claims_nothing_without_time():
    async def take(_tx, **_):
        raise AssertionError

    assert not await work_off(take, double, request_id="test", for_s=0.0)
