"""503 in our words: what callers hear names no host, port or user, and says what to do and when."""

import re

import msgspec

from shared.kernel import json
from shared.kernel.errors import Unavailable
from shared.platform.rest.host import Response
from shared.runtime.db import Busy

AWAY = 503
_RETRY_S = 2


class StatementTimeout(Unavailable):
    """A statement took longer than one may: it asks for much, or waited for other writers."""

    code = "statement_timeout"
    default_message = (
        "the database took longer for this than a statement may, and nothing was changed: ask for fewer rows, columns"
        " or embedded tables, filter by an id or a time, or send it again if others write the same rows"
    )


_OURS = re.compile(r"PGRST00\d|(?:08|40|53|55|57)\w{3}")
"""Codes that Postgres, the driver or the interface told; who raises another one says its own words."""
_MEANINGS = {"40": Busy, "55": Busy, "57014": StatementTimeout}
"""By SQLSTATE, or its first two characters; everything else is away."""


class _Told(msgspec.Struct, frozen=True):
    code: str = ""


def worded(answer: Response, request_id: str) -> Response:
    """The answer; where Postgres or the driver said why there is none, in our words, and with Retry-After."""
    if answer.status != AWAY:
        return answer
    named = {name.lower() for name, _ in answer.headers}
    headers = answer.headers if "retry-after" in named else (*answer.headers, ("Retry-After", str(_RETRY_S)))
    code = _code(answer.body)
    if code is None or not _OURS.fullmatch(code):
        return msgspec.structs.replace(answer, headers=headers)
    refusal = (_MEANINGS.get(code) or _MEANINGS.get(code[:2]) or Unavailable)()
    details = {"error": refusal.code, "retry_after": _RETRY_S, "request_id": request_id}
    body = {"code": code, "details": json.encode(details).decode(), "hint": None, "message": refusal.message}
    return Response(AWAY, headers, json.encode(body))


def _code(body: bytes) -> str | None:
    """None where a function of the database says its own status and no refusal."""
    try:
        return msgspec.json.decode(body, type=_Told).code or None
    except msgspec.DecodeError:
        return None
