"""Advice in refusals: columns that may be written or read, functions that write, and the time to wait."""

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec

from shared.kernel import json
from shared.platform.rest.host import Response
from shared.platform.rest.payload import JsonPayload
from shared.platform.rest.program import compiler
from shared.platform.rest.request import Incoming, Request
from shared.platform.rest.schema import Name

from . import rules
from .host import NexusHost
from .rights import Rights, Verb, verbs_of

_REFUSED = frozenset({400, 401, 403, 405, 409})
_BROKEN = frozenset({rules.UNIQUE, rules.REFERENCE, rules.CHECK})
LATER = frozenset(
    {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
)
_NO_GRANT = re.compile(r"permission denied for (?:table|view|materialized view) (\S+)")
_FOREIGN = "new row violates row-level security policy"
_NO_TARGET = "55000"
_SENT = (
    "messages are sent by whatsapp-send-message, whatsapp-send-template, facebook-send-message, instagram-send-message"
    " or the tool nexus_send_message, and received by the channel"
)
_CHANNEL = (
    "channels are connected by save-whatsapp-credentials, wa-es-callback and save-page-credentials,"
    " and end by channel-disconnect"
)
_PACE = "the server keeps the pace of sending; nobody sets it"
_TRAIL = "the database writes the trail of every change; nobody else does. Read it in audit_trail"
_PLAN = "the plan of the organization sets and counts this; agent-usage tells what is left"
_JOBS = "only the server's own jobs use this table; GET /rest/v1/ lists the tables that can be read"
_STOCK = "a new row of stock_movements changes them"
ADVICE = {
    "access_attempts": _JOBS,
    "agent_accounts": "agent-register makes agents",
    "agent_api_keys": "agent-api-key-create, agent-api-key-rotate and agent-api-key-revoke change keys",
    "audit_events": _TRAIL,
    "audit_trail": _TRAIL,
    "audit_values": _TRAIL,
    "channel_accounts": _CHANNEL,
    "channel_events": "the channel tells what happened; nobody else writes it",
    "channel_identities": "accounts on channels come with messages",
    "channel_paces": _PACE,
    "chat_paces": _PACE,
    "chats": (
        "mark-as-read marks as read, conversation-archive and conversation-assign archive and assign, messages make the"
        " rest; customer_id is set when a contact gets the conversation's number, or when its person writes next"
    ),
    "customer_identities": "a contact's phone_number and email are its own; accounts on channels come with messages",
    "customer_labels": "a label is put on by POST and taken off by DELETE",
    "customers": "contact-erase forgets a contact; created_at and updated_at are written by the database",
    "idempotency_keys": _JOBS,
    "item_stock": _STOCK,
    "media": "media-upload and the channel make files; media-file and media-link give them",
    "media_tasks": _JOBS,
    "message_deliveries": _SENT,
    "message_events": _SENT,
    "message_media": _SENT,
    "message_templates": "whatsapp-templates makes and changes templates, whatsapp-get-templates reads them",
    "messages": _SENT,
    "order_items": "the database works out the totals of lines",
    "order_sequences": "the database numbers orders",
    "organization_members": "the service writes members; organization-create makes its caller the owner",
    "organizations": "organization-create makes one; its plan and counters are not set by its people",
    "outbox": _JOBS,
    "plans": "plans are the same for all; agent-usage tells yours",
    "set_aside": "the server sets aside what it cannot carry out and tries it again; nobody else writes it",
    "stock_balances": _STOCK,
    "stock_movements": "what moved is not changed; a new row of stock_movements moves it back",
    "stock_reservations": "an order's order_status reserves, ships and gives back",
    "usage_counters": _PLAN,
    "webhook_inbox": _JOBS,
}
"""By table: who does what clients may not."""
_KEY = (
    "a row that is there is changed by PATCH ?id=eq.<id> with those columns alone; upsert and PUT would set each column"
    " that they send"
)


class _Error(msgspec.Struct, frozen=True):
    code: str
    details: str | None = None


class _Wait(msgspec.Struct, frozen=True):
    retry_after: int | None = None


async def advised(answer: Response, incoming: Incoming, host: NexusHost) -> Response:
    """Return the answer, with a hint if no grant covers the request."""
    if answer.status not in _REFUSED or not answer.body:
        return answer
    error: dict[str, Any] = msgspec.json.decode(answer.body)
    if error.get("code") not in {"42501", _NO_TARGET, *_BROKEN}:
        return answer
    cache = await host.schema_cache()
    request = compiler(cache, host.settings).request(incoming)
    table, held = cache.tables.get(Name(request.schema, request.target)), host.rights.get(request.target)
    if error["code"] in _BROKEN:
        changed = {} if request.is_function else rules.reworded(error, table, held)
    else:
        hint = _hint(error, request, host.rights)
        changed = {"hint": hint} if hint else {}
    return msgspec.structs.replace(answer, body=json.encode(error | changed)) if changed else answer


def _hint(error: dict[str, Any], request: Request, rights: dict[str, Rights]) -> str | None:
    if error["code"] == _NO_TARGET:
        return ADVICE.get(request.target)
    if error["message"].startswith(_FOREIGN):
        return "leave organization_id out: new rows are your own organization's"
    denied = _NO_GRANT.match(error["message"])
    held = rights.get(denied[1]) if denied else None
    if held is None:
        return None
    verbs = verbs_of(request) if held.table == request.target else frozenset[Verb]()
    parts = [*(_written(held, request, verbs) if verbs else _read(held)), ADVICE.get(held.table)]
    return "; ".join(part for part in parts if part)


def _read(held: Rights) -> Iterator[str]:
    if held.reads:
        yield f"of {held.table} select only: {_listed(held.reads)}"


def _written(held: Rights, request: Request, verbs: frozenset[Verb]) -> Iterator[str]:
    columns = request.payload.columns if isinstance(request.payload, JsonPayload) else ()
    if "insert" in verbs and "update" in verbs:
        fixed = [column for column in columns if column in held.inserts and column not in held.updates]
        if held.updates and fixed:
            yield f"{_listed(fixed)} cannot be changed once written: {_KEY}"
    if "insert" in verbs:
        yield _may(columns, held.inserts, f"new row of {held.table}")
    if verbs == {"update"}:
        yield _may(columns, held.updates, f"change of {held.table}")
    if "delete" in verbs:
        yield f"rows of {held.table} are not deleted"


def _may(columns: Iterable[str], granted: tuple[str, ...], what: str) -> str:
    if not granted:
        return f"clients write no {what}"
    refused = [column for column in columns if column not in granted]
    named = f"{_listed(refused)} cannot be written; " if refused else ""
    return f"{named}a {what} may have: {_listed(granted)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def timed(answer: Response) -> Response:
    """Return the answer, with Retry-After if the database will allow the request later, as with daily calls."""
    if answer.status not in LATER:
        return answer
    error = msgspec.json.decode(answer.body, type=_Error)
    if not error.code.startswith("PT") or error.details is None:
        return answer
    try:
        wait = msgspec.json.decode(error.details, type=_Wait).retry_after
    except msgspec.DecodeError:
        return answer
    if wait is None:
        return answer
    kept = (header for header in answer.headers if header[0].lower() != "retry-after")
    return msgspec.structs.replace(answer, headers=(*kept, ("Retry-After", str(wait))))
