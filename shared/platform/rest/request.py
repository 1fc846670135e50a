"""The request in all its parts: parsed, checked against the settings, without looking up any name."""

from enum import StrEnum
from urllib.parse import quote, unquote

import msgspec
from msgspec.structs import replace

from . import errors, payload, preferences, ranges
from .bounds import check_query
from .grammar.query_string import canonical, parse_query
from .media import Media, negotiate, negotiate_description
from .payload import Payload
from .preferences import Preferences
from .query import Page, Query
from .settings import OpenApiMode, RestSettings


class Incoming(msgspec.Struct, frozen=True):
    """An HTTP request. `path` begins after the interface's own prefix; `path` and `query` are still percent-encoded.

    `headers` have names in lower case, in the order in which they arrived; a name may repeat.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


class Action(StrEnum):
    READ = "read"
    INSERT = "insert"
    UPDATE = "update"
    PUT = "put"
    DELETE = "delete"
    CALL = "call"
    DESCRIBE = "describe"
    """GET and HEAD of the root: the OpenAPI description."""
    INFO = "info"
    """OPTIONS: the methods that the target allows."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`target` is the table's or the function's name, empty for the root."""

    action: Action
    method: str
    path: str
    schema: str
    target: str
    query: Query
    page: Page
    """The top's page: `limit`, `offset` and the Range header in one, with the settings' default; max_rows applies
    later.
    """
    preferences: Preferences
    media: Media
    payload: Payload | None
    headers: dict[str, str]
    """By lower-case name, without cookies, as SQL sees them."""
    cookies: dict[str, str]
    location: str = ""
    """For a table that is read: its path, and its parameters sorted by name."""
    is_function: bool = False

    @property
    def head(self) -> bool:
        return self.method == "HEAD"

    @property
    def reads(self) -> bool:
        """Whether the method itself promises to change nothing."""
        return self.method in ("GET", "HEAD")


def read(incoming: Incoming, settings: RestSettings, time_zones: frozenset[str]) -> Request:
    """Parse the request.

    Raises:
        RestRefusal: PGRST100 to 103, 106, 107, 114, 117, 122, 125, 126, or 22021 for a NUL.
    """
    headers = headers_of(incoming)
    return filled(outline(incoming, headers, settings, time_zones), incoming, headers)


def headers_of(incoming: Incoming) -> dict[str, str]:
    """Return headers by name; join the values of a name that repeats."""
    headers: dict[str, str] = {}
    for name, value in incoming.headers:
        if "\0" in value:
            raise errors.has_nul()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def shape_of(incoming: Incoming, headers: dict[str, str]) -> tuple[str | None, ...]:
    """Return everything that the outline depends on."""
    return (incoming.method, incoming.path, incoming.query, *(headers.get(name) for name in _SHAPING))


def outline(incoming: Incoming, headers: dict[str, str], settings: RestSettings, time_zones: frozenset[str]) -> Request:
    """Return the request without its body, headers and cookies."""
    target = _target(incoming.path)
    schema = _schema(incoming.method, headers, settings.schemas)
    action = _action(target, incoming.method, settings)
    query = parse_query(incoming.query, reads_function=action is Action.CALL and incoming.method != "POST")
    check_query(incoming.query, query, settings.bounds)
    page = _page(action, query, incoming.method, headers, settings)
    return Request(
        action=action,
        method=incoming.method,
        path=incoming.path,
        schema=schema,
        target=target.name,
        query=query,
        page=page,
        preferences=_preferences(headers, settings, time_zones),
        media=_media(action, headers.get("accept", "*/*"), settings),
        payload=None,
        headers={},
        cookies={},
        location=f"/{quote(target.name)}{canonical(incoming.query)}" if action is Action.READ else "",
        is_function=target.is_function,
    )


def filled(outlined: Request, incoming: Incoming, headers: dict[str, str]) -> Request:
    return replace(
        outlined,
        payload=_payload(incoming, outlined.action, outlined.query, headers),
        headers={name: value for name, value in headers.items() if name != "cookie"},
        cookies=_cookies(headers["cookie"]) if "cookie" in headers else {},
    )


class _Target(msgspec.Struct, frozen=True):
    """The target of the path; `name` is empty for the root."""

    name: str = ""
    is_function: bool = False


_SHAPING = ("prefer", "accept", "range", "accept-profile", "content-profile")
_ROOT = _Target()
_OF_TABLE = {
    "GET": Action.READ,
    "HEAD": Action.READ,
    "POST": Action.INSERT,
    "PATCH": Action.UPDATE,
    "PUT": Action.PUT,
    "DELETE": Action.DELETE,
    "OPTIONS": Action.INFO,
}
_OF_FUNCTION = {"GET": Action.CALL, "HEAD": Action.CALL, "POST": Action.CALL, "OPTIONS": Action.INFO}
_OF_ROOT = {"GET": Action.DESCRIBE, "HEAD": Action.DESCRIBE, "OPTIONS": Action.INFO}
_WRITES_BODY = frozenset({Action.INSERT, Action.UPDATE, Action.PUT})
_NAMES_COLUMNS = frozenset({Action.INSERT, Action.UPDATE, Action.CALL})


def _target(path: str) -> _Target:
    if path in ("", "/"):
        return _ROOT
    segments = [unquote(segment) for segment in path.removeprefix("/").split("/")]
    if any("\0" in segment for segment in segments):
        raise errors.has_nul()
    match segments:
        case [table] if table:
            return _Target(table)
        case ["rpc", function] if function:
            return _Target(function, is_function=True)
    raise errors.bad_path()


def _schema(method: str, headers: dict[str, str], exposed: tuple[str, ...]) -> str:
    writes = method in ("POST", "PATCH", "PUT", "DELETE")
    wanted = headers.get("content-profile" if writes else "accept-profile", exposed[0])
    if wanted not in exposed:
        raise errors.schema_not_exposed(wanted, exposed)
    return wanted


def _action(target: _Target, method: str, settings: RestSettings) -> Action:
    actions = _OF_FUNCTION if target.is_function else _OF_TABLE if target.name else _OF_ROOT
    action = actions.get(method)
    if action is None:
        raise errors.rpc_method(method) if target.is_function else errors.method_not_supported(method)
    if action is Action.DESCRIBE and settings.openapi_mode is OpenApiMode.DISABLED:
        raise errors.openapi_off()
    return action


def _page(action: Action, query: Query, method: str, headers: dict[str, str], settings: RestSettings) -> Page:
    wanted = next((page for path, page in query.pages if not path), None)
    found = ranges.page(wanted, method=method, range_header=headers.get("range"))
    if found.limit is None and action in (Action.READ, Action.CALL):
        return Page(settings.default_rows, found.offset)
    return found


def _preferences(headers: dict[str, str], settings: RestSettings, time_zones: frozenset[str]) -> Preferences:
    sent = headers.get("prefer")
    return preferences.read(
        () if sent is None else (sent,), time_zones=time_zones, tx_overridable=settings.tx_end.overridable
    )


def _media(action: Action, accept: str, settings: RestSettings) -> Media:
    if action is Action.DESCRIBE:
        return negotiate_description(accept)
    return Media() if action is Action.INFO else negotiate(accept, plan=settings.plan)


def _payload(incoming: Incoming, action: Action, query: Query, headers: dict[str, str]) -> Payload | None:
    is_call = action is Action.CALL
    if action not in _WRITES_BODY and not (is_call and incoming.method == "POST"):
        return None
    named = query.columns if action in _NAMES_COLUMNS else None
    return payload.read(incoming.body, headers.get("content-type", ""), named=named, is_function=is_call)


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value.strip('"') for name, equals, value in pairs if equals}
