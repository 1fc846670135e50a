"""Conversations on the channels: customers' questions, in both languages, and the shop's answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from . import words
from .channels import channel_id
from .records import ChannelIdentity, Chat, Contact, ContactIdentity, Item, Message, fixed_id
from .scene import Scene

_DAYS = 60


class Conversations(NamedTuple):
    chats: list[Chat]
    messages: list[Message]
    identities: list[ContactIdentity]
    channel_identities: list[ChannelIdentity]


def make_chats(scene: Scene, contacts: Sequence[Contact], items: Sequence[Item]) -> Conversations:
    shop, dice, now = scene
    reachable = [contact for contact in contacts if contact.phone_number]
    people = dice.sample(reachable, sum(shop.chats.values()))
    platforms = [platform for platform, count in shop.chats.items() for _ in range(count)]
    conversations = Conversations([], [], [], [])
    for number, (platform, contact) in enumerate(zip(platforms, people, strict=True)):
        known = dice.happens(0.9)
        began = now - timedelta(days=_DAYS * dice.random() ** 1.8, minutes=90)
        chat = _chat(scene, platform, number, contact if known else None, began)
        if known:
            conversations.identities.append(_identity(chat, contact))
        messages = list(_messages(scene, chat, items))
        chat.last_inbound_at = max(message.timestamp for message in messages if message.direction == "inbound")
        chat.updated_at = max(message.timestamp for message in messages)
        chat.is_archived = messages[-1].direction == "outbound" and dice.happens(0.3)
        conversations.chats.append(chat)
        conversations.channel_identities.append(_channel_identity(chat))
        conversations.messages.extend(messages)
    return conversations


def _chat(scene: Scene, platform: str, number: int, contact: Contact | None, began: datetime) -> Chat:
    shop, dice, _ = scene
    account = str(shop.phones + 90_000 + number) if contact is None else (contact.phone_number or "").lstrip("+")
    if platform != "whatsapp":
        account = f"{platform[:2]}-demo-{shop.key}-{number:04}"
    stranger = dice.choice(words.FIRST_NAMES)
    return Chat(
        id=shop.id("chat", number),
        organization_id=shop.organization_id,
        customer_id=contact.id if contact else None,
        platform=platform,
        channel_id=channel_id(shop, platform),
        platform_chat_id=account,
        contact_name=f"{contact.first_name} {contact.last_name}" if contact else dice.choice(stranger),
        contact_phone=f"+{account}" if platform == "whatsapp" else None,
        contact_platform_id=account,
        last_message_time=began,
        last_inbound_at=began,
        unread_count=0,
        is_archived=False,
        assigned_to=str(dice.choice(shop.staff)) if dice.happens(0.6) else None,
        created_at=began,
        updated_at=began,
    )


def _identity(chat: Chat, contact: Contact) -> ContactIdentity:
    return ContactIdentity(
        id=fixed_id("identity", str(chat.id)),
        organization_id=contact.organization_id,
        customer_id=contact.id,
        kind=chat.platform,
        value=chat.contact_platform_id,
        created_at=chat.created_at,
    )


def _channel_identity(chat: Chat) -> ChannelIdentity:
    return ChannelIdentity(
        organization_id=chat.organization_id,
        channel_id=chat.channel_id,
        kind="wa_id" if chat.platform == "whatsapp" else "scoped_id",
        value=chat.platform_chat_id,
        chat_id=chat.id,
        created_at=chat.created_at,
    )


def _messages(scene: Scene, chat: Chat, items: Sequence[Item]) -> Iterator[Message]:
    """Yield the messages; the last inbound ones are unread where nobody answered them."""
    shop, dice, _ = scene
    language = "en" if chat.contact_name.isascii() else "ar"
    script = dice.choice([script for script in words.SCRIPTS if script.language == language])
    item = dice.choice(items)
    arabic_name, english_name = item.name.split(" · ")
    turns = [turn for turn in script.turns if turn.inbound or shop.agent]
    answered = max((index for index, turn in enumerate(turns) if not turn.inbound), default=-1)
    at = chat.created_at
    for index, turn in enumerate(turns):
        unread = turn.inbound and index > answered
        yield Message(
            id=shop.id("message", str(chat.id), index),
            organization_id=shop.organization_id,
            chat_id=chat.id,
            content=turn.text.format(
                item=arabic_name if language == "ar" else english_name.lower(), price=item.selling_price
            ),
            message_type="text",
            direction="inbound" if turn.inbound else "outbound",
            status="delivered" if unread else "read",
            sender_type="customer" if turn.inbound else "agent",
            sender_id=chat.customer_id if turn.inbound else dice.choice(shop.staff),
            platform_message_id=f"demo.{chat.id.hex[:12]}.{index}",
            timestamp=at,
            created_at=at,
        )
        at += timedelta(minutes=dice.uniform(1, 15))
