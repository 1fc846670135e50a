"""What a transaction remembers of its caller is what the rows say: for every kind of caller, after each entering."""

from itertools import product
from typing import Any, get_args

import psycopg
import pytest

from shared.kernel.errors import Refusal
from shared.runtime.postgres.errors import refusal
from shared.tenancy.principal import SERVICE, Principal
from tests.schema.matrix import Level, World
from tests.schema.tables import Database

LEVELS: tuple[Level, ...] = get_args(Level)


@pytest.fixture
def entered(login: Database) -> Any:
    """Return the organization that each right opens, as remembered and by its rows, after entering as these in turn.

    None where one of them was refused.
    """

    def enter(*callers: tuple[Principal, Level | None]) -> tuple[list[Any], list[Any]] | None:
        with login.transaction(force_rollback=True):
            for who, required in callers:
                login.execute("SET LOCAL ROLE NONE")  # Callers may not enter again by themselves.
                sql = "SELECT app.enter(%s, %s, '{}', %s, 1)"
                try:
                    login.execute(sql, [who.role, who.claims, required])
                except psycopg.Error as fault:
                    if not isinstance(refusal(fault), Refusal):
                        raise
                    return None
            return _opened(login, "with"), _opened(login, "claimed")

    return enter


def _opened(login: Database, by: str) -> list[Any]:
    sql: Any = f"SELECT app.organization_{by}(%s)"
    return [row[0] for level in LEVELS for row in login.execute(sql, [level])]


def test_every_caller_is_remembered_with_the_rights_that_its_rows_give(entered, world: World):
    let_in = set()
    for actor, required in product(world.actors, LEVELS):
        told = entered((actor.principal, required))
        if told is None:
            assert required not in actor.held
            continue
        let_in.add(actor.name)
        remembered, claimed = told
        assert remembered == claimed, f"{actor.name}, entered to {required}"
        assert remembered == [world.own.id if level in actor.held else None for level in LEVELS]
    # The service, which sees all, belongs to no organization.
    assert {actor.name for actor in world.actors if actor.held} == let_in - {"service"}


def test_a_second_caller_replaces_the_first(entered, world: World):
    owner = next(actor.principal for actor in world.actors if actor.name == "owner")
    for actor in world.actors:
        for required in (None, *LEVELS):
            told = entered((owner, "manage"), (actor.principal, required))
            assert told is None or told[0] == told[1], f"{actor.name} after the owner"
    assert entered((owner, "manage"), (SERVICE, "read")) == ([None] * 4, [None] * 4)
    assert entered((SERVICE, None), (owner, "read")) == ([world.own.id] * 4, [world.own.id] * 4)
