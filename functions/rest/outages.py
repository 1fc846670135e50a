"""Our own texts for 503 and for faults inside Postgres: they name no host, port, user or file."""

import re

import msgspec

from shared.kernel import json
from shared.kernel.errors import Refusal, Unavailable
from shared.platform.rest.host import Response
from shared.runtime.postgres.errors import Busy

AWAY, FAULT = 503, 500
_RETRY_S = 2


class StatementTimeout(Unavailable):
    """A statement took too long: it reads much, or waited for other writers."""

    code = "statement_timeout"
    default_message = (
        "the statement took too long, and nothing was changed: request fewer rows, columns"
        " or embedded tables, filter by an id or a time, or send it again if other callers write the same rows"
    )


_OURS = re.compile(r"PGRST00\d|(?:08|40|53|55|57)\w{3}")
"""Codes of Postgres, the driver or the interface; an error raised by a routine keeps its own text."""
_OF_THE_SERVER = re.compile(r"(?:58|F0|HV|XX)\w{3}|53400")
"""Codes of faults inside Postgres, whose texts may name files and servers."""
_MEANINGS = {"40": Busy, "55": Busy, "57014": StatementTimeout}
"""By SQLSTATE, or its first two characters; every other code means unavailable."""


class _Error(msgspec.Struct, frozen=True):
    code: str = ""


def worded(answer: Response, request_id: str) -> Response:
    """Return the answer; replace the text of Postgres or the driver by ours, and add Retry-After."""
    if answer.status == FAULT:
        return _without_words(answer, request_id)
    if answer.status != AWAY:
        return answer
    named = {name.lower() for name, _ in answer.headers}
    headers = answer.headers if "retry-after" in named else (*answer.headers, ("Retry-After", str(_RETRY_S)))
    code = _code(answer.body)
    if code is None or not _OURS.fullmatch(code):
        return msgspec.structs.replace(answer, headers=headers)
    refusal = (_MEANINGS.get(code) or _MEANINGS.get(code[:2]) or Unavailable)()
    return Response(AWAY, headers, _body(code, refusal, retry_after=_RETRY_S, request_id=request_id))


def _without_words(answer: Response, request_id: str) -> Response:
    code = _code(answer.body)
    if code is None or not _OF_THE_SERVER.fullmatch(code):
        return answer
    return Response(FAULT, answer.headers, _body(code, Refusal(), request_id=request_id))


def _body(code: str, refusal: Refusal, **fields: object) -> bytes:
    details = json.encode({"error": refusal.code, **fields}).decode()
    return json.encode({"code": code, "details": details, "hint": None, "message": refusal.message})


def _code(body: bytes) -> str | None:
    """Return the code; None when a database function sets its own status without a refusal."""
    try:
        return msgspec.json.decode(body, type=_Error).code or None
    except msgspec.DecodeError:
        return None
