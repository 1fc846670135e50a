"""Exact amounts of money: every currency has its own number of decimals, and no amount is rounded."""

from decimal import Context, Decimal, Inexact, InvalidOperation

from .errors import InvalidRequest

THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
NONE = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()  # noqa: SIM905  (a list reads worse)
)
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
    CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ
    GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR
    LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN
    PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB
    TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW
    ZWG
    """.split()  # noqa: SIM905  (a list reads worse)
)
"""Currencies in use of ISO 4217, and those retired since 2025; app.is_currency is the same list in SQL."""
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])


class UnknownCurrency(InvalidRequest):
    """`currency` is the code in the request."""

    code = "unknown_currency"


class InvalidAmount(InvalidRequest):
    """The amount has more decimals than its currency; `decimals` is the number of the currency."""

    code = "invalid_amount"
    default_message = "the amount has more decimals than its currency"


def check_currency(code: str) -> None:
    """Raise UnknownCurrency unless ISO 4217 has the code."""
    if code not in CURRENCIES:
        raise UnknownCurrency(f"{code} is not an ISO 4217 currency: send three letters such as EGP", currency=code)


def decimals(currency: str) -> int:
    """Return the number of decimals by ISO 4217, as app.currency_decimals."""
    if currency in THREE:
        return 3
    return 0 if currency in NONE else 2


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Return the same amount with the number of decimals of its currency.

    Raises:
        InvalidAmount: if that would change the amount.
    """
    try:
        return amount.quantize(Decimal(1).scaleb(-decimals(currency)), context=_EXACT)
    except (Inexact, InvalidOperation) as changed:
        raise InvalidAmount(
            f"{currency} has {decimals(currency)} decimals; {amount} has more",
            currency=currency,
            decimals=decimals(currency),
        ) from changed
