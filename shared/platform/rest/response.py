"""HTTP responses: status, headers and body from the outcome of a request."""

from urllib.parse import quote

import msgspec

from . import errors
from .errors import RestRefusal
from .execute import Outcome
from .host import Response
from .media import Media, MediaType, Plan
from .plan.model import Insert
from .plan.task import Task
from .preferences import Preferences, Resolution, Return
from .request import Action, Request
from .schema import Table
from .settings import RestSettings

JSON = "application/json; charset=utf-8"
_GucHeaders = list[dict[str, str]]


def refused(refusal: RestRefusal) -> Response:
    named = {name.lower() for name in refusal.headers}
    headers = refusal.headers if "content-type" in named else {"Content-Type": JSON, **refusal.headers}
    has_body = refusal.status not in _WITHOUT_BODY
    return Response(refusal.status, tuple(headers.items()), msgspec.json.encode(refusal.body()) if has_body else b"")


def answered(task: Task, outcome: Outcome, request: Request, settings: RestSettings) -> Response:
    """Return the response; status and headers that SQL sets win.

    Raises:
        RestRefusal: PGRST103, 111, 112.
    """
    if outcome.plan is not None:
        return Response(200, tuple(_content(request, settings)), outcome.plan.encode())
    status, headers = _READERS[request.action](task, outcome, request)
    own_status, own_headers = _own(outcome)
    has_body = status != _NO_CONTENT and own_status not in _WITHOUT_BODY and _shows(task, request)
    if has_body:
        headers += _content(request, settings)
    headers += _applied(task, request)
    named = {name.lower() for name, _ in own_headers}
    kept = [(name, value) for name, value in headers if name.lower() not in named]
    body = outcome.result.body.encode() if has_body and not request.head else b""
    return Response(own_status or status, (*kept, *own_headers), body)


def information(request: Request, table: Table | None, *, volatile: bool = False) -> Response:
    """Return the allowed methods of a target: a table, or else a function or the root."""
    if table is None:
        allowed = ["OPTIONS", "POST"] if volatile else ["OPTIONS", "GET", "HEAD"]
        allowed += ["POST"] if request.is_function and not volatile else []
    else:
        allowed = ["OPTIONS", "GET", "HEAD", *_writing(table)]
    return Response(200, (("Allow", ",".join(allowed)),))


def description(document: bytes, request: Request, settings: RestSettings) -> Response:
    return Response(200, tuple(_content(request, settings)), b"" if request.head else document)


_NO_CONTENT = 204
_WITHOUT_BODY = frozenset({_NO_CONTENT, 304})
_Headers = list[tuple[str, str]]


def _writing(table: Table) -> list[str]:
    verbs = ["POST"] if table.insertable else []
    verbs += ["PUT"] if table.insertable and table.updatable and table.primary_key else []
    verbs += ["PATCH"] if table.updatable else []
    return verbs + (["DELETE"] if table.deletable else [])


def _shows(task: Task, request: Request) -> bool:
    return task.change is None or request.preferences.returned is Return.REPRESENTATION


def _read(_task: Task, outcome: Outcome, request: Request) -> tuple[int, _Headers]:
    offset, rows, total = request.page.offset, outcome.result.rows, outcome.total
    status = 200
    if total is not None:
        if offset > total:
            raise errors.offset_beyond(offset, total)
        status = 206 if rows < total else 200
    headers = [("Content-Range", content_range(offset, offset + rows - 1, total))]
    return status, headers + ([("Content-Location", request.location)] if request.location else [])


def _called(task: Task, outcome: Outcome, request: Request) -> tuple[int, _Headers]:
    status, headers = _read(task, outcome, request)
    is_void = task.call is not None and task.call.function.returns_void
    return _NO_CONTENT if is_void else status, headers


def _inserted(task: Task, outcome: Outcome, request: Request) -> tuple[int, _Headers]:
    result = outcome.result
    merging = request.preferences.resolution is Resolution.MERGE
    status = 200 if merging and task.merges and result.rows <= result.updated else 201
    headers = [("Content-Range", content_range(1, 0, _counted(outcome, request)))]
    if result.location is not None:
        headers.insert(0, ("Location", _location(request.target, task.location, result.location)))
    return status, headers


def _updated(_task: Task, outcome: Outcome, request: Request) -> tuple[int, _Headers]:
    span = content_range(0, outcome.result.rows - 1, _counted(outcome, request))
    return _written(request), [("Content-Range", span)]


def _deleted(_task: Task, outcome: Outcome, request: Request) -> tuple[int, _Headers]:
    return _written(request), [("Content-Range", content_range(1, 0, _counted(outcome, request)))]


def _put(_task: Task, outcome: Outcome, request: Request) -> tuple[int, _Headers]:
    is_new = outcome.result.rows > outcome.result.updated
    shown = request.preferences.returned is Return.REPRESENTATION
    return (201 if is_new else 200) if shown else _NO_CONTENT, []


_READERS = {
    Action.READ: _read,
    Action.CALL: _called,
    Action.INSERT: _inserted,
    Action.UPDATE: _updated,
    Action.DELETE: _deleted,
    Action.PUT: _put,
}


def _written(request: Request) -> int:
    return 200 if request.preferences.returned is Return.REPRESENTATION else _NO_CONTENT


def _counted(outcome: Outcome, request: Request) -> int | None:
    return outcome.result.rows if request.preferences.count is not None else None


def content_range(first: int, last: int, total: int | None) -> str:
    span = f"{first}-{last}" if total != 0 and first <= last else "*"
    return f"{span}/{'*' if total is None else total}"


def _location(target: str, columns: tuple[str, ...], values: str) -> str:
    pairs = zip(columns, msgspec.json.decode(values, type=list[str | None]), strict=True)
    written = "&".join(f"{quote(name)}={_filter_value(value)}" for name, value in pairs)
    return f"/{quote(target)}?{written}"


def _filter_value(value: str | None) -> str:
    return "is.null" if value is None else f"eq.{quote(value, safe='')}"


def _content(request: Request, settings: RestSettings) -> _Headers:
    headers = [("Content-Type", f"{_media_type(request.media)}; charset=utf-8")]
    return headers + ([("Content-Profile", request.schema)] if len(settings.schemas) > 1 else [])


def _media_type(media: Media) -> str:
    stripped = ";nulls=stripped" if media.stripped else ""
    kind = MediaType.ARRAY if media.stripped and media.type is MediaType.JSON else media.type
    return f"{kind}{stripped}" if media.plan is None else _plan_type(media.plan, f"{kind}{stripped}")


def _plan_type(plan: Plan, shown: str) -> str:
    options = f"; options={'|'.join(sorted(plan.options))}" if plan.options else ""
    return f'application/vnd.pgrst.plan+{plan.format}; for="{shown}"{options}'


def _applied(task: Task, request: Request) -> _Headers:
    names = _applied_names(task, request)
    values = _values_of(request.preferences)
    applied = [f"{name}={values[name]}" for name in _ORDER if name in names and values[name] is not None]
    return [("Preference-Applied", ", ".join(applied))] if applied else []


_ORDER = ("resolution", "missing", "return", "count", "tx", "handling", "timezone", "max-affected")
_ALWAYS = frozenset({"count", "tx", "handling", "timezone"})
_APPLIED = {
    Action.READ: _ALWAYS,
    Action.INSERT: _ALWAYS | {"missing", "return"},
    Action.PUT: _ALWAYS | {"return"},
    Action.UPDATE: _ALWAYS | {"missing", "return", "max-affected"},
    Action.DELETE: _ALWAYS | {"missing", "return", "max-affected"},
    Action.CALL: _ALWAYS | {"max-affected"},
}


def _applied_names(task: Task, request: Request) -> frozenset[str]:
    names = _APPLIED[request.action]
    resolves = isinstance(task.change, Insert) and task.change.conflict is not None
    return names | {"resolution"} if request.action is Action.INSERT and resolves else names


def _values_of(preferences: Preferences) -> dict[str, str | None]:
    most = preferences.max_affected if preferences.strict else None
    return {
        "resolution": preferences.resolution,
        "missing": preferences.missing,
        "return": preferences.returned,
        "count": preferences.count,
        "tx": preferences.tx,
        "handling": preferences.handling,
        "timezone": preferences.timezone,
        "max-affected": None if most is None else str(most),
    }


def _own(outcome: Outcome) -> tuple[int | None, _Headers]:
    """Return the status and headers that SQL set."""
    status = outcome.result.status
    if status is not None and not (status.isascii() and status.isdigit() and 200 <= int(status) <= 599):  # noqa: PLR2004
        raise errors.bad_response_status()
    return int(status) if status is not None else None, _own_headers(outcome.result.headers)


def _own_headers(text: str | None) -> _Headers:
    if text is None:
        return []
    try:
        groups = msgspec.json.decode(text, type=_GucHeaders)
    except msgspec.DecodeError:
        raise errors.bad_response_headers() from None
    pairs = [pair for group in groups for pair in group.items()]
    if any(len(group) != 1 for group in groups) or not all(errors.is_header(*pair) for pair in pairs):
        raise errors.bad_response_headers()
    return [pair for pair in pairs if pair[0].lower() not in errors.OF_THE_SERVER]
