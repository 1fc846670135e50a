"""Webhooks in Meta's form: updates, and bodies made of several of them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .records import OBJECTS, Account, Customer, Line

Json = dict[str, Any]


@dataclass
class Update:
    """One update; `due` is by the monotonic clock."""

    object: str
    entry_id: str
    container: str
    """`changes` or `messaging`."""
    item: Json
    at: int
    due: float = field(default_factory=time.monotonic)
    attempts: int = 0


def body_of(updates: Iterable[Update]) -> Json:
    """Join the updates in one body, with one entry for each object."""
    entries: dict[tuple[str, str], Json] = {}
    kind = ""
    for update in updates:
        kind = update.object
        entry = entries.setdefault((update.entry_id, update.container), {"id": update.entry_id, "time": update.at})
        entry.setdefault(update.container, []).append(update.item)
    return {"object": kind, "entry": list(entries.values())}


def update_for(account: Account, item: Json, *, at: float, after_s: float = 0) -> Update:
    whatsapp = account.channel == "whatsapp"
    return Update(
        object=OBJECTS[account.channel],
        entry_id=account.business_id,
        container="changes" if whatsapp else "messaging",
        item=item,
        at=int(at if whatsapp else at * 1000),
        due=time.monotonic() + after_s,
    )


def inbound(account: Account, customer: Customer, line: Line, *, extra: Json | None = None) -> Json:
    """Return a customer's message; `extra` adds fields beside its content (context, referral)."""
    if account.channel != "whatsapp":
        message = {"mid": line.message_id, **line.content, **(extra or {})}
        return _messaging(customer.id, account.id, line) | {"message": message}
    message = {"id": line.message_id, "timestamp": str(int(line.at.timestamp())), "type": line.kind, **(extra or {})}
    message[line.kind] = line.content
    return whatsapp_change(account, "messages", [message | _sender(customer)], customer=customer)


def whatsapp_change(
    account: Account, name: str, items: list[Json], *, customer: Customer | None = None, field_name: str = "messages"
) -> Json:
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": account.phone, "phone_number_id": account.id},
    }
    if customer is not None:
        profile: Json = {"name": customer.name} | ({"username": customer.username} if customer.username else {})
        ids = {"user_id": customer.user_id} | ({} if customer.hides_number else {"wa_id": customer.id})
        value["contacts"] = [{"profile": profile, **ids}]
    return {"field": field_name, "value": value | {name: items}}


def status(account: Account, customer: Customer, line: Line, word: str, *, error: Json | None = None) -> Json:
    """Return the status of a message of the business, with its price from `sent` on."""
    if account.channel != "whatsapp":
        at = int(line.at.timestamp() * 1000)
        receipt: Json = {"mids": [line.message_id], "watermark": at} if word == "delivered" else {"watermark": at}
        if account.channel == "instagram" and word == "read":
            receipt = {"mid": line.message_id}
        return _messaging(customer.id, account.id, line) | {"delivery" if word == "delivered" else "read": receipt}
    item: Json = {
        "id": line.message_id,
        "status": word,
        "timestamp": str(int(line.at.timestamp())),
        **({} if customer.hides_number else {"recipient_id": customer.id}),
        "recipient_user_id": customer.user_id,
    }
    if line.opaque is not None:
        item["biz_opaque_callback_data"] = line.opaque
    if error is None:
        item["pricing"] = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": _category(line)}
    else:
        item["errors"] = [error]
    return whatsapp_change(account, "statuses", [item])


def echo(account: Account, customer: Customer, line: Line, *, app_id: str | None, metadata: str | None) -> Json:
    """Return a message of the business: from the phone app, or any on Messenger and Instagram."""
    if account.channel == "whatsapp":
        to = {"to": customer.id} if not customer.hides_number else {"to_user_id": customer.user_id}
        item = {"from": account.phone, **to, "id": line.message_id, "timestamp": str(int(line.at.timestamp())),
                "type": line.kind, line.kind: line.content}  # fmt: skip
        return whatsapp_change(account, "message_echoes", [item], field_name="smb_message_echoes")
    message = {"mid": line.message_id, "is_echo": True, **line.content}
    message |= {"app_id": int(app_id)} if app_id else {}
    message |= {"metadata": metadata} if metadata else {}
    return _messaging(account.id, customer.id, line) | {"message": message}


def reaction(account: Account, customer: Customer, line: Line, *, target: str, emoji: str | None) -> Json:
    if account.channel == "whatsapp":
        item = {"id": line.message_id, "timestamp": str(int(line.at.timestamp())), "type": "reaction"}
        reacted: Json = {"reaction": {"message_id": target, "emoji": emoji or ""}}
        return whatsapp_change(account, "messages", [item | reacted | _sender(customer)], customer=customer)
    reacted_to = {"mid": target, "action": "react" if emoji else "unreact"} | ({"emoji": emoji} if emoji else {})
    return _messaging(customer.id, account.id, line) | {"reaction": reacted_to}


def _messaging(sender: str, recipient: str, line: Line) -> Json:
    at = int(line.at.timestamp() * 1000)
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": at}


def _sender(customer: Customer) -> Json:
    ids = {"from_user_id": customer.user_id}
    return ids if customer.hides_number else ids | {"from": customer.id}


def _category(line: Line) -> str:
    return "utility" if line.kind == "template" else "service"
