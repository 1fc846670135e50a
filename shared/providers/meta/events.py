"""Events of Meta's webhooks, the same types for WhatsApp, Messenger and Instagram; `intake.parse` makes them.

`dedup_key` is equal for every delivery of the same event and unique within one `(channel, account_id)`.
"""

from datetime import datetime
from typing import Literal

import msgspec

from .inbound import InboundContent, ProviderError

Channel = Literal["whatsapp", "facebook", "instagram"]
Author = Literal["customer", "business"]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """The customer, by all ids that the provider gave together.

    `wa_id` is a number without a plus, kept as it came; `user_id` is business-scoped, `scoped_id` page-scoped.
    """

    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    scoped_id: str | None = None
    name: str | None = None
    username: str | None = None


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """The advertisement, post or link by which a person came; `ref` is our own value from the link."""

    source: str | None = None
    source_id: str | None = None
    url: str | None = None
    ref: str | None = None
    headline: str | None = None
    body: str | None = None
    click_id: str | None = None


class Story(msgspec.Struct, frozen=True):
    """Our story to which the customer replied; its URL expires with it."""

    id: str | None
    url: str | None


class Pricing(msgspec.Struct, frozen=True, kw_only=True):
    billable: bool | None
    model: str | None
    category: str | None
    type: str | None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`account_id` is the phone number id, page id or Instagram id; `business_id` is the entry's id (WhatsApp: WABA).

    In an event of a whole WhatsApp account, both are the WABA's id. `occurred_at` is never later than the receipt.
    """

    channel: Channel
    account_id: str
    business_id: str
    dedup_key: str
    occurred_at: datetime


class InboundMessage(Event, frozen=True, kw_only=True, tag="message"):
    """A customer's message, which opens the reply window; with `standby`, another app has the conversation."""

    message_id: str
    sender: Person
    content: InboundContent
    reply_to: str | None = None
    story: Story | None = None
    referral: Referral | None = None
    group_id: str | None = None
    forwarded: bool = False
    frequently_forwarded: bool = False
    standby: bool = False


class StatusUpdate(Event, frozen=True, kw_only=True, tag="status"):
    """The status of a message of ours. Messenger may give a `watermark` instead: all messages up to that time.

    `status` is sent, delivered, read, played, failed, or a word that Meta adds later.
    """

    message_id: str | None
    status: str
    recipient: Person | None = None
    watermark: datetime | None = None
    group_id: str | None = None
    participant: Person | None = None
    """The member of the group to whom the status of a group message belongs."""
    opaque: str | None = None
    """Our own value, sent with the message (biz_opaque_callback_data)."""
    pricing: Pricing | None = None
    errors: tuple[ProviderError, ...] = ()


class ReactionEvent(Event, frozen=True, kw_only=True, tag="reaction"):
    """`emoji` is None when the reaction was removed; an emoji replaces the author's earlier one."""

    message_id: str
    author: Author
    person: Person
    emoji: str | None
    reaction_id: str | None = None
    """The id of the reaction itself, if it has one."""


class EditEvent(Event, frozen=True, kw_only=True, tag="edit"):
    message_id: str
    author: Author
    person: Person
    content: InboundContent
    edit_number: int | None = None


class DeleteEvent(Event, frozen=True, kw_only=True, tag="delete"):
    """A deleted message, whose content must not be shown any more."""

    message_id: str
    author: Author
    person: Person


class EchoMessage(Event, frozen=True, kw_only=True, tag="echo"):
    """An outbound message: one of ours, or one that a person wrote in the phone app or the page's inbox.

    It can arrive before the answer to our request; `message_id` is the same in both.
    """

    message_id: str
    recipient: Person
    content: InboundContent
    metadata: str | None = None
    """Our own value, sent with the message (Messenger and Instagram)."""
    app_id: str | None = None
    reply_to: str | None = None


class PostbackEvent(Event, frozen=True, kw_only=True, tag="postback"):
    """An action of the customer in a conversation without a message.

    `source` is postback (a tap on our button), referral (came by a link), optin, or welcome (opened the chat).
    """

    source: Literal["postback", "referral", "optin", "welcome"]
    person: Person
    opens_window: bool
    message_id: str | None = None
    payload: str | None = None
    title: str | None = None
    referral: Referral | None = None


class HandoverEvent(Event, frozen=True, kw_only=True, tag="handover"):
    """A change of the app that has the conversation: `action` is pass, take, request or app_roles."""

    action: str
    person: Person
    owner_app_id: str | None = None
    metadata: str | None = None


class IdentityChange(Event, frozen=True, kw_only=True, tag="identity"):
    """`previous` and `current` name the same person; a change of the user id may give only the new one.

    `kind` is number_changed, user_id_changed or identity_key_changed.
    """

    kind: Literal["number_changed", "user_id_changed", "identity_key_changed"]
    previous: Person | None
    current: Person
    note: str | None = None


class PreferenceChange(Event, frozen=True, kw_only=True, tag="preference"):
    """A customer's consent to a category of messages; `allowed` is None for a value other than stop or resume."""

    person: Person
    category: str
    allowed: bool | None


class TemplateEvent(Event, frozen=True, kw_only=True, tag="template"):
    """A change of a template: `value` is the new value of `aspect`."""

    aspect: Literal["status", "quality", "category", "components"]
    template_id: str
    name: str | None
    language: str | None
    value: str | None
    previous: str | None = None
    reason: str | None = None
    details: dict[str, object] = {}


class AccountEvent(Event, frozen=True, kw_only=True, tag="account"):
    """News of a WhatsApp account or number, or of a page: `field` is Meta's name of the kind, `event` its value.

    `phone` holds the digits of the number if the news is about one number of the account only.
    """

    field: str
    event: str | None
    phone: str | None = None
    details: dict[str, object] = {}


class HistoryMessage(Event, frozen=True, kw_only=True, tag="history"):
    """A message from before the number was connected. It opens no window, triggers nothing and is not billed.

    Chunks come in any order; `progress` is the percentage of the history that Meta has sent.
    """

    message_id: str
    author: Author
    person: Person
    content: InboundContent
    status: str | None = None
    phase: int | None = None
    chunk_order: int | None = None
    progress: int | None = None


class UnknownEvent(Event, frozen=True, kw_only=True, tag="unknown"):
    """Anything without a type here (calls, comments, new fields), kept as it came; `kind` names its part."""

    kind: str
    payload: object


AnyEvent = (
    InboundMessage
    | StatusUpdate
    | ReactionEvent
    | EditEvent
    | DeleteEvent
    | EchoMessage
    | PostbackEvent
    | HandoverEvent
    | IdentityChange
    | PreferenceChange
    | TemplateEvent
    | AccountEvent
    | HistoryMessage
    | UnknownEvent
)
