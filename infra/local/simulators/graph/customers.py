"""Actions of customers: write, send files, react, read; each becomes an update to the app."""

import base64
import hashlib
from datetime import datetime
from typing import Any

from . import webhooks
from .records import Account, File, Line, digits
from .world import World

Json = dict[str, Any]


def write(
    world: World,
    account: Account,
    customer_id: str,
    content: str | Json,
    *,
    kind: str = "text",
    at: datetime | None = None,
    **extra: Any,
) -> Line:
    """Write a message: a text, or content in the channel's own form; `extra` adds fields (context, referral)."""
    customer = world.customer(customer_id)
    if isinstance(content, str):
        content = {"body": content} if account.channel == "whatsapp" else {"text": content}
    line = world.new_line(account, customer, kind, content, by_customer=True, at=at)
    world.write_down(line)
    _tell(world, account, webhooks.inbound(account, customer, line, extra=extra), line.at)
    return line


def send_file(
    world: World, account: Account, customer_id: str, content: bytes, *, mime_type: str, base_url: str, **about: Any
) -> Line:
    """Send a file with the channel's own fields: WhatsApp an id and a checksum, the others an address."""
    kind = about.pop("kind", mime_type.partition("/")[0])
    at = about.pop("at", None)
    file_id = add_file(world, account, content, mime_type)
    if account.channel == "whatsapp":
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        attached = {"id": file_id, "mime_type": mime_type, "sha256": digest, **about}
    else:
        kind = "file" if kind == "document" else kind
        attached = {"attachments": [{"type": kind, "payload": {"url": f"{base_url}/cdn/{file_id}"}}]}
    return write(world, account, customer_id, attached, kind=kind, at=at)


def add_file(world: World, account: Account, content: bytes | memoryview, mime_type: str) -> str:
    file_id = digits(16)
    with world.lock:
        world.files[file_id] = File(content, mime_type, account.id)
    return file_id


def react(world: World, account: Account, customer_id: str, message_id: str, emoji: str | None) -> Line:
    """Send a reaction to a message of the conversation; None takes it back."""
    customer = world.customer(customer_id)
    line = world.new_line(account, customer, "reaction", {"emoji": emoji, "message_id": message_id}, by_customer=True)
    world.write_down(line)
    update = webhooks.reaction(account, customer, line, target=message_id, emoji=emoji)
    _tell(world, account, update, line.at)
    return line


def read(world: World, account: Account, customer_id: str) -> int:
    """Read the conversation as the customer; return how many messages became read."""
    customer = world.customer(customer_id)
    lines = [one for one in world.conversation(account.id, customer_id) if one.status == "delivered"]
    unread = [one for one in lines if not one.by_customer]
    for line in unread:
        line.status = "read"
        _tell(world, account, webhooks.status(account, customer, line, "read"), world.now())
    return len(unread)


def write_in_app(world: World, account: Account, customer_id: str, text: str) -> Line:
    """Write as a person of the business in the phone app or the page's inbox: the app gets an echo."""
    customer = world.customer(customer_id)
    whatsapp = account.channel == "whatsapp"
    line = world.new_line(account, customer, "text", {"body" if whatsapp else "text": text})
    line.status = "delivered"
    world.write_down(line)
    _tell(world, account, webhooks.echo(account, customer, line, app_id=None, metadata=None), line.at)
    return line


def _tell(world: World, account: Account, item: Json, at: datetime) -> None:
    world.tell(account, [webhooks.update_for(account, item, at=at.timestamp())])
