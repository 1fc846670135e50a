"""A call: where it comes from, whose share of the work it takes, and what its log line says of a refusal."""

import uuid

import msgspec
import pytest
from starlette.requests import Request

from shared.edge import call as calls
from shared.edge.call import Call, client_address, sent_headers
from shared.kernel.errors import Conflict, InvalidRequest, Refusal, Unavailable
from shared.quotas.rates import JOBS, PUBLIC, SIGN_IN, STANDARD, WEBHOOK, RateClass
from shared.runtime.postgres.errors import Busy
from shared.runtime.settings import settings
from shared.runtime.shares import Claim
from shared.tenancy.principal import ANONYMOUS, SERVICE, Kind, Principal

PERSON = Principal(kind=Kind.USER, role="authenticated", claims="{}", subject=uuid.UUID(int=1))
MEMBER = msgspec.structs.replace(PERSON, organization_id=uuid.UUID(int=2))


def request_from(address: str | None, *headers: tuple[bytes, bytes]) -> Request:
    client = (address, 1) if address else None
    return Request({"type": "http", "headers": list(headers), "client": client})


@pytest.fixture
def proxies(base_url, monkeypatch):
    """Believe so many proxies before us."""

    def trust(count: int) -> None:
        chosen = msgspec.structs.replace(settings(), trusted_proxies=count)
        monkeypatch.setattr(calls, "settings", lambda: chosen)

    return trust


@pytest.fixture
def call_of(base_url):
    def make(principal: Principal = ANONYMOUS, rate: RateClass = STANDARD) -> Call:
        return Call(request_from("192.0.2.1"), {}, "r-1", principal, rate)

    return make


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (3, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "10.0.0.1, 203.0.113.9,, 198.51.100.7 ,", "203.0.113.9"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, " , ", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_the_address_is_what_our_own_proxies_have_seen(proxies, trusted, forwarded, address):
    proxies(trusted)
    assert client_address(request_from("192.0.2.1"), {"x-forwarded-for": forwarded}) == address


def test_a_connection_without_an_address_is_unknown(proxies):
    proxies(1)
    assert client_address(request_from(None), {}) == "unknown"
    assert client_address(request_from("::ffff:192.0.2.1"), {}) == "192.0.2.1"


def test_a_header_that_comes_twice_is_a_list_of_both():
    request = request_from(None, (b"a", b"1"), (b"b", b"\xe9"), (b"a", b"2"), (b"a", b"3"))
    assert sent_headers(request) == {"a": "1, 2, 3", "b": "é"}


@pytest.mark.parametrize(
    ("principal", "rate", "claim"),
    [
        (MEMBER, STANDARD, Claim("ordinary", MEMBER.organization_key, MEMBER.rate_key)),
        (SERVICE, JOBS, Claim("background")),
        (ANONYMOUS, WEBHOOK, Claim("intake")),
        (ANONYMOUS, SIGN_IN, Claim("access", "address 192.0.2.1", "caller 192.0.2.1")),
        (PERSON, PUBLIC, Claim("ordinary", "address 192.0.2.1", str(PERSON.subject))),
    ],
)
def test_whose_share_of_the_connections_a_call_takes(call_of, principal, rate, claim):
    assert call_of(principal, rate).claim() == claim


@pytest.mark.parametrize(
    ("refusal", "level"),
    [
        (Conflict(), "info"),
        (InvalidRequest(), "info"),
        (Busy(retry_after=1), "warning"),
        (Unavailable(), "error"),
        (Refusal(), "error"),
    ],
)
def test_a_refusal_is_logged_by_its_code_and_as_grave_as_it_is(call_of, refusal, level):
    call = call_of()
    call.refused(refusal)
    assert (call.log, call.level) == ({"error": refusal.code}, level)


def test_a_function_with_its_own_transactions_has_no_declared_one(call_of):
    with pytest.raises(RuntimeError, match=r"call\.begin"):
        assert call_of().tx


def test_a_call_that_is_not_counted_knows_nothing_of_the_day(call_of):
    assert call_of(MEMBER).calls_today is None


@pytest.mark.anyio
async def test_a_call_is_counted_in_its_own_class_unless_another_is_given(call_of, monkeypatch):
    charged = []

    async def charge(rate, principal, *, address, calls):
        charged.append((rate.name, principal, address, calls))

    monkeypatch.setattr(calls, "charge", charge)
    await call_of(MEMBER).charge()
    await call_of(MEMBER).charge(SIGN_IN, calls=3)
    assert charged == [("standard", MEMBER, "", 1), ("auth-sign-in", MEMBER, "192.0.2.1", 3)]
