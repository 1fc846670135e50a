"""Amounts stay exact, and Python and SQL count decimals alike."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.money import (
    CURRENCIES,
    NONE,
    THREE,
    InvalidAmount,
    UnknownCurrency,
    check_currency,
    decimals,
    quantize,
)


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("450", "EGP", "450.00"),
        ("450.10", "EGP", "450.10"),
        ("450.1000", "EGP", "450.10"),
        ("1.234", "KWD", "1.234"),
        ("1.2", "BHD", "1.200"),
        ("1500", "JPY", "1500"),
        ("99999999999.99", "USD", "99999999999.99"),
    ],
)
def test_an_amount_is_written_with_its_currencys_decimals(amount, currency, written):
    assert str(quantize(Decimal(amount), currency)) == written


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.005", "EGP"), ("1.2345", "KWD"), ("0.5", "JPY"), ("1E+90", "EGP")]
)
def test_more_decimals_than_the_currency_has_are_refused_and_not_rounded(amount, currency):
    with pytest.raises(InvalidAmount) as refused:
        quantize(Decimal(amount), currency)
    assert refused.value.details == {"currency": currency, "decimals": decimals(currency)}


@given(st.decimals(min_value=0, max_value=10**11, places=3), st.sampled_from(["EGP", "KWD", "JPY"]))
def test_an_accepted_amount_is_unchanged(amount, currency):
    try:
        assert quantize(amount, currency) == amount
    except InvalidAmount:
        assert amount % Decimal(1).scaleb(-decimals(currency)) != 0


def test_the_database_counts_decimals_alike(tenants):
    currencies = [*THREE, *NONE, "EGP", "USD", "SAR", "AED", "EUR"]
    with tenants.database() as db:
        counted = db.execute(
            "SELECT code, app.currency_decimals(code) FROM unnest(%s::text[]) AS code", (currencies,)
        ).fetchall()
    assert dict(counted) == {code: decimals(code) for code in currencies}


def test_the_database_knows_the_same_currencies(every_code, tenants):
    with tenants.database() as db:
        known = db.execute("SELECT code FROM unnest(%s::text[]) AS code WHERE app.is_currency(code)", (every_code(3),))
        assert {code for (code,) in known} == CURRENCIES


@pytest.mark.parametrize("code", ["ZZZ", "XXX", "XTS", "XAU", "egp", "EG", ""])
def test_an_invalid_amount_is_refused(code):
    with pytest.raises(UnknownCurrency):
        check_currency(code)


def test_every_currency_of_other_decimals_is_one():
    assert THREE | NONE - {"UYI"} <= CURRENCIES
