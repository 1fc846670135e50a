"""The refusals of a function: its own codes, and those that the edge and the database add to its declaration."""

from collections.abc import Iterator
from itertools import groupby

from infra.documents.errors import Code, documented
from shared.edge.routing import ANY, Route
from shared.edge.spec import Spec
from shared.tenancy.principal import Kind

COUNTED = ("rate_limit_exceeded", "internal_error")
"""Codes of every call of a surface; its routes declare the rest."""
ALWAYS = (
    "method_not_allowed",
    "rate_limit_exceeded",
    "internal_error",
    "unavailable",
    "busy",
    "too_many_at_once",
    "overloaded",
)
WITH_BODY = ("malformed_json", "payload_too_large", "request_timeout", "unsupported_media_type")
WITH_BYTES = ("payload_too_large", "request_timeout")
WITH_FIELDS = ("invalid_request", "invalid_value")
WITH_TOKEN = ("missing_token", "invalid_token", "key_is_not_a_token", "wrong_credential")
WITH_ACCOUNT = ("account_banned", "account_gone")
WITH_SESSION = ("session_ended",)
WITH_ORGANIZATION = ("insufficient_scope", "plan_limit_exceeded", "no_organization", "not_found")
WITH_AGENTS = ("key_revoked",)
WITH_TRANSACTION = ("invalid_idempotency_key", "permission_denied")
WHEN_WRITING = (
    "answer_too_large_to_keep",
    "idempotency_in_flight",
    "idempotency_key_reused",
    "already_exists",
    "invalid_reference",
)


def refusals(spec: Spec) -> dict[int, list[Code]]:
    """Return the codes by status, in order."""
    found = sorted({documented()[code] for code in codes(spec)}, key=lambda code: (code.status, code.code))
    return {status: list(code) for status, code in groupby(found, key=lambda code: code.status)}


def codes(spec: Spec) -> Iterator[str]:
    yield from ALWAYS
    yield from (refusal.code for refusal in spec.refusals)
    if spec.body is not None:
        yield from WITH_FIELDS
    if spec.body is not None and spec.method != "GET":
        yield from WITH_BODY
    yield from of_callers(spec)
    if spec.tx != "own":
        yield from WITH_TRANSACTION
    if spec.tx == "write":
        yield from WHEN_WRITING


def of_route(spec: Spec, route: Route) -> Iterator[str]:
    """Yield the codes of one route of a surface that refuses in our own shape."""
    yield from COUNTED
    yield from (refusal.code for refusal in route.refusals)
    yield from of_callers(spec)
    if route.method != ANY:
        yield "method_not_allowed"
    if route.query is not None:
        yield "invalid_request"
    if route.takes_bytes:
        yield from WITH_BYTES


def of_callers(spec: Spec) -> Iterator[str]:
    if not spec.public:
        yield from WITH_TOKEN
    if not spec.public and spec.access & {Kind.USER, Kind.AGENT}:
        yield from WITH_ACCOUNT
        yield from WITH_SESSION if Kind.USER in spec.access else ()
    if spec.scope is not None:
        yield from WITH_ORGANIZATION
        yield from WITH_AGENTS if Kind.AGENT in spec.access else ()
