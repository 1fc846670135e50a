"""Every table x select, insert, update, delete x every kind of caller x two organizations."""

import pytest

from tests.schema.matrix import EXPECTED, HOW_TO_ADD, faults


def test_every_table_and_view_has_its_row_of_expectations(world):
    missing = sorted(set(world.tables) - set(EXPECTED))
    assert not missing, f"{', '.join(missing)}: {HOW_TO_ADD}"
    assert set(EXPECTED) == set(world.tables), "EXPECTED names a table that is gone"


@pytest.mark.parametrize("name", EXPECTED)
def test_callers_reach_what_they_may_and_nothing_else(login, world, name):
    assert not "\n".join(faults(login, world, name))
