"""Exact amounts of money: every currency has its own number of decimals, and nothing is rounded away."""

from decimal import Context, Decimal, Inexact, InvalidOperation

from .errors import InvalidRequest

THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
NONE = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()  # noqa: SIM905  (a list reads worse)
)
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])


class InvalidAmount(InvalidRequest):
    """More decimals than the currency has; `decimals` says how many it takes."""

    code = "invalid_amount"
    default_message = "the amount has more decimals than its currency"


def decimals(currency: str) -> int:
    """As ISO 4217 has it; app.currency_decimals is the twin in SQL."""
    if currency in THREE:
        return 3
    return 0 if currency in NONE else 2


def quantize(amount: Decimal, currency: str) -> Decimal:
    """The same amount, written with the currency's own decimals.

    Raises:
        InvalidAmount: where that would change it.
    """
    try:
        return amount.quantize(Decimal(1).scaleb(-decimals(currency)), context=_EXACT)
    except (Inexact, InvalidOperation) as changed:
        raise InvalidAmount(
            f"{currency} has {decimals(currency)} decimals; {amount} has more",
            currency=currency,
            decimals=decimals(currency),
        ) from changed
