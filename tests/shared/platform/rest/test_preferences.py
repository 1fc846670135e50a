"""The Prefer header."""

import pytest

from shared.platform.rest import preferences
from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.preferences import Count, Ending, Handling, Missing, Preferences, Resolution, Return
from tests.support.supports import supports

ZONES = frozenset({"Africa/Cairo"})


def read(*values: str, tx_overridable: bool = True) -> Preferences:
    return preferences.read(values, time_zones=ZONES, tx_overridable=tx_overridable)


@supports("Transactions", "`Prefer` in one header or several; the first of each counts")
def test_one_list_says_what_several_headers_say():
    told = Preferences(
        resolution=Resolution.IGNORE,
        missing=Missing.DEFAULT,
        returned=Return.HEADERS_ONLY,
        count=Count.EXACT,
        tx=Ending.COMMIT,
        handling=Handling.LENIENT,
        timezone="Africa/Cairo",
        max_affected=5,
    )
    sent = (
        "resolution=ignore-duplicates",
        "missing=default",
        "return=headers-only",
        "count=exact",
        "tx=commit",
        "handling=lenient",
        "timezone=Africa/Cairo",
        "max-affected=5",
    )
    assert read(*sent) == read(" ,  ".join(sent)) == told


def test_the_first_of_two_alike_counts():
    assert read("count=planned, count=exact", "count=estimated").count is Count.PLANNED


def test_unknown_preferences_are_ignored_unless_handling_is_strict():
    sent = "anything, count=some, timezone=Moon/Crater, max-affected=many"
    assert read(sent) == Preferences()
    with pytest.raises(RestRefusal) as refused:
        read(f"handling=strict, {sent}")
    assert (refused.value.status, refused.value.code) == (400, "PGRST122")
    assert refused.value.details == "Invalid preferences: anything, count=some, timezone=Moon/Crater"


def test_the_end_of_a_transaction_is_chosen_only_where_the_settings_allow_it():
    assert read("tx=rollback").tx is Ending.ROLLBACK
    assert read("handling=strict, tx=rollback", tx_overridable=False).tx is None
