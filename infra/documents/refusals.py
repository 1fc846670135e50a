"""What functions and routes may refuse with: what they declare, and what the edge and the database add to it."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from infra.documents.errors import Code, documented
from shared.auth.credentials import KeyIsNotAToken
from shared.edge.body import MalformedJson, RequestTimeout
from shared.edge.documentation import admission_of
from shared.edge.endpoint import NotForThisCaller
from shared.edge.idempotency import (
    AnswerTooLargeToKeep,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    InvalidIdempotencyKey,
)
from shared.edge.routing import ANY, DATABASE, Route, Routes
from shared.edge.spec import Spec
from shared.kernel.errors import (
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
    MethodNotAllowed,
    MissingToken,
    NotFound,
    PayloadTooLarge,
    PlanLimitExceeded,
    RateLimited,
    Refusal,
    UnsupportedMediaType,
)
from shared.runtime.postgres.errors import AlreadyExists, InvalidReference, InvalidValue, PermissionDenied
from shared.tenancy.errors import AccountBanned, AccountGone, KeyRevoked, NoOrganization, SessionEnded
from shared.tenancy.principal import Kind

Refusals = tuple[type[Refusal], ...]

COUNTED: Refusals = (RateLimited, Refusal)
"""Of every call; the second is the fault of ours."""
ALWAYS: Refusals = (MethodNotAllowed, *COUNTED, *DATABASE)
WITH_BODY: Refusals = (MalformedJson, PayloadTooLarge, RequestTimeout, UnsupportedMediaType)
WITH_BYTES: Refusals = (PayloadTooLarge, RequestTimeout)
WITH_FIELDS: Refusals = (InvalidRequest, InvalidValue)
WITH_TOKEN: Refusals = (MissingToken, InvalidToken, KeyIsNotAToken, NotForThisCaller)
WITH_ACCOUNT: Refusals = (AccountBanned, AccountGone)
WITH_ORGANIZATION: Refusals = (InsufficientScope, PlanLimitExceeded, NoOrganization, NotFound)
WITH_TRANSACTION: Refusals = (InvalidIdempotencyKey, PermissionDenied)
WHEN_WRITING: Refusals = (
    AnswerTooLargeToKeep,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    AlreadyExists,
    InvalidReference,
)


def by_status(refusals: Iterable[type[Refusal]]) -> dict[int, list[Code]]:
    """Return the documented codes of refusals, in order."""
    codes = {documented()[refusal.code] for refusal in refusals}
    ordered = sorted(codes, key=lambda code: (code.status, code.code))
    return {status: list(group) for status, group in groupby(ordered, key=lambda code: code.status)}


def refusals(spec: Spec) -> dict[int, list[Code]]:
    """Return the codes of a function with one model for another, by status."""
    return by_status(of_endpoint(spec))


def of_endpoint(spec: Spec) -> Iterator[type[Refusal]]:
    yield from ALWAYS
    yield from spec.refusals
    if spec.body is not None:
        yield from WITH_FIELDS
    if spec.body is not None and spec.method != "GET":
        yield from WITH_BODY
    yield from of_callers(spec)
    if spec.tx != "own":
        yield from WITH_TRANSACTION
    if spec.tx == "write":
        yield from WHEN_WRITING


def of_route(spec: Spec, routes: Routes, route: Route) -> Iterator[type[Refusal]]:
    """Yield the refusals of one route of a surface."""
    yield from COUNTED
    yield from routes.documentation.refusals
    yield from admission_of(route.admit).refusals
    yield from route.refusals
    yield from of_callers(spec)
    if route in routes and route.method != ANY:
        yield MethodNotAllowed
    if route.query is not None or route.body is not None:
        yield InvalidRequest
    if route.body is not None:
        yield from WITH_BODY
    if route.described.takes:
        yield from WITH_BYTES


def of_callers(spec: Spec) -> Iterator[type[Refusal]]:
    if not spec.public:
        yield from WITH_TOKEN
    if not spec.public and spec.access & {Kind.USER, Kind.AGENT}:
        yield from WITH_ACCOUNT
        yield from (SessionEnded,) if Kind.USER in spec.access else ()
    if spec.scope is not None:
        yield from WITH_ORGANIZATION
        yield from (KeyRevoked,) if Kind.AGENT in spec.access else ()
