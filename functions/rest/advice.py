"""What to do instead: which functions write a table that no client may, and how long to wait."""

from http import HTTPStatus
from typing import Any

import msgspec

from shared.kernel import json
from shared.platform.rest.host import Response

FORBIDDEN = HTTPStatus.FORBIDDEN
LATER = frozenset({FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SENT = (
    "messages are sent by whatsapp-send-message, whatsapp-send-template, facebook-send-message, instagram-send-message"
    " or the tool nexus_send_message, and received by the channel"
)


class _Told(msgspec.Struct, frozen=True):
    code: str
    details: str | None = None


class _Wait(msgspec.Struct, frozen=True):
    retry_after: int | None = None


ADVICE = {
    "agent_api_keys": "agent-api-key-create, agent-api-key-rotate and agent-api-key-revoke change keys",
    "messages": _SENT,
    "message_media": _SENT,
    "chats": (
        "is_archived, assigned_to and metadata may be changed; mark-as-read marks as read, messages make the rest;"
        " customer_id is set when a contact gets the conversation's number, or when its person writes next"
    ),
    "customers": "contact-erase forgets a contact; created_at and updated_at are written by the database",
    "customer_identities": "a contact's phone_number and email are its own; accounts on channels come with messages",
    "stock_balances": "a new row of stock_movements changes them",
    "stock_reservations": "an order's order_status reserves, ships and gives back",
}
"""By table."""


def advised(answer: Response, *, method: str, path: str) -> Response:
    """The answer, with a hint where it says that no grant covers a write of such a table."""
    advice = ADVICE.get(path.rstrip("/").rpartition("/")[2])
    if answer.status != FORBIDDEN or method in READS or advice is None:
        return answer
    told: dict[str, Any] = msgspec.json.decode(answer.body)
    if told["code"] != "42501" or not told["message"].startswith("permission denied for"):
        return answer
    return msgspec.structs.replace(answer, body=json.encode(told | {"hint": advice}))


def timed(answer: Response) -> Response:
    """The answer, with Retry-After where what the database refused will be possible later, as a day's calls are."""
    if answer.status not in LATER:
        return answer
    told = msgspec.json.decode(answer.body, type=_Told)
    if not told.code.startswith("PT") or told.details is None:
        return answer
    try:
        wait = msgspec.json.decode(told.details, type=_Wait).retry_after
    except msgspec.DecodeError:
        return answer
    later = () if wait is None else (("Retry-After", str(wait)),)
    return msgspec.structs.replace(answer, headers=(*answer.headers, *later))
