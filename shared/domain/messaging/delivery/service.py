"""The conditions for sending in a conversation, and the intent, which is written before anything is sent."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from shared.domain.channels.models import ChannelStatus
from shared.domain.channels.service import ChannelNotConnected, choose_channel
from shared.domain.channels.templates import service as templates
from shared.domain.customers.service import InvalidPhone
from shared.kernel.clock import rfc3339, utc_now
from shared.kernel.errors import Conflict, NotFound, PlanLimitExceeded
from shared.kernel.phones import normalize
from shared.providers.meta import contents as c
from shared.providers.meta.bodies import body_for
from shared.providers.meta.contents import Content, content_json
from shared.providers.meta.templates import Template
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import HUMAN_AGENT_WINDOW, WINDOW, Draft, SendRequest, SentMessage, Thread

if TYPE_CHECKING:
    from shared.providers.meta.events import Channel as Platform

MOST_TEMPLATES_LISTED = 10
UNREACHABLE_FROM = 2
SENDING = frozenset({"whatsapp", "facebook", "instagram"})


class ChannelCannotSend(Conflict):
    code = "channel_cannot_send"


class WindowClosed(Conflict):
    """The reply window is closed since `window_closed_at`; `templates` lists those that may be sent instead."""

    code = "window_closed"


class RecipientUnreachable(Conflict):
    code = "recipient_unreachable"
    default_message = "Meta could not deliver the last messages to this person: wait until they write, or call them"


class MarketingStopped(Conflict):
    code = "marketing_stopped"
    default_message = "this person wants no marketing messages: send a utility template, or nothing"


class TemplateNotApproved(Conflict):
    """`template_status` is Meta's status of the template."""

    code = "template_not_approved"


async def send(
    tx: Tx, *, chat_id: UUID, content: Content, is_person: bool, extra: SendRequest | None = None
) -> SentMessage:
    """Queue a message in an existing conversation and count it for the plan, in the caller's transaction.

    `extra` may name the message to which it replies, and a file of ours.

    Raises:
        NotFound: there is no such conversation in the caller's organization.
        ChannelCannotSend, ChannelNotConnected, WindowClosed, RecipientUnreachable, MarketingStopped,
        TemplateNotApproved, InvalidMessageContent: before anything is written.
        Refusal: plan_limit_exceeded, with resource messages.
    """
    thread = await queries.find_thread(tx, chat_id=chat_id)
    if thread is None:
        raise NotFound
    options = extra or SendRequest(content={})
    human_agent = await _admit(tx, thread, content, is_person=is_person)
    body_for(cast("Platform", thread.platform), thread.known_by.recipient, content, reply_to=options.reply_to)
    request = SendRequest(
        content=content_json(content), reply_to=options.reply_to, human_agent=human_agent, media_id=options.media_id
    )
    draft = Draft(
        chat_id=thread.id,
        message_type=message_type(content),
        content=shown_text(content),
        details={"content": request.content},
        reply_to=content.message_id if isinstance(content, c.Reaction) else options.reply_to,
    )
    message_id = await queries.queue_message(tx, draft=draft, request=request)
    return await queries.find_message(tx, message_id=message_id)


async def start(tx: Tx, *, phone: str, country: str, channel_id: UUID | None) -> UUID:
    """Return the WhatsApp conversation with that number, or create it.

    Raises:
        InvalidPhone, ChannelNotConnected, NotFound.
    """
    number = normalize(phone, country)
    if number is None:
        raise InvalidPhone
    channel = await choose_channel(tx, platform="whatsapp", channel_id=channel_id)
    return await queries.start_conversation(tx, channel_id=channel.id, wa_id=number.removeprefix("+"), phone=number)


async def _admit(tx: Tx, thread: Thread, content: Content, *, is_person: bool) -> bool:
    """Check that the content may be sent; return whether it needs the tag for a person's answer after the window."""
    if thread.plan.messages == 0:  # checked first: the caller cannot solve this by solving the other refusals
        raise PlanLimitExceeded(
            f"the {thread.plan.code} plan does not include messages. {thread.plan.upgrade}",
            resource="messages",
            current=0,
            limit=0,
            plan=thread.plan.code,
            upgrade=thread.plan.upgrade,
        )
    if thread.platform not in SENDING:
        raise ChannelCannotSend(f"{thread.platform} conversations can only be read: nothing can be sent there")
    if thread.channel_id is None or thread.channel_status is None:
        raise ChannelNotConnected(
            "no connected channel holds this conversation: an owner or admin connects it", hint="connect_channel"
        )
    if thread.channel_status is not ChannelStatus.CONNECTED:
        reason = thread.channel_status_reason or "an owner or admin has to look at it"
        raise ChannelNotConnected(
            f"the channel is {thread.channel_status}: {reason}",
            status=thread.channel_status,
            status_reason=thread.channel_status_reason,
        )
    if thread.unreachable_count >= UNREACHABLE_FROM:
        raise RecipientUnreachable
    if isinstance(content, Template):
        await _admit_template(tx, thread, thread.channel_id, content)
        return False
    return await _admit_free_form(tx, thread, thread.channel_id, is_person=is_person)


async def _admit_template(tx: Tx, thread: Thread, channel_id: UUID, content: Template) -> None:
    known = await templates.find_template(tx, channel_id=channel_id, name=content.name, language=content.language)
    if known is None:
        return  # Our copy may be older than the template; Meta knows.
    if known.status != "APPROVED":
        raise TemplateNotApproved(
            f"Meta has not approved this template: it is {known.status}",
            template_status=known.status,
            hint="list_templates",
        )
    if known.category == "MARKETING" and thread.marketing_stopped_at is not None:
        raise MarketingStopped


async def _admit_free_form(tx: Tx, thread: Thread, channel_id: UUID, *, is_person: bool) -> bool:
    now = utc_now()
    since = thread.last_inbound_at
    if since is not None and now < since + WINDOW:
        return False
    if thread.platform == "whatsapp":
        approved = await templates.list_template_names(tx, channel_id=channel_id, limit=MOST_TEMPLATES_LISTED)
        raise WindowClosed(
            f"{_window_text(since)}: send one of `templates`, or wait until they write",
            **_times(since),
            templates=approved,
            hint="send_template",
        )
    if is_person and since is not None and now < since + HUMAN_AGENT_WINDOW:
        return True
    advice = "a person may still answer, an agent may not" if _human_may(since, now) else "wait until they write"
    raise WindowClosed(f"{_window_text(since)}: {advice}", **_times(since), templates=[])


def _human_may(since: datetime | None, now: datetime) -> bool:
    return since is not None and now < since + HUMAN_AGENT_WINDOW


def _window_text(since: datetime | None) -> str:
    if since is None:
        return "the customer has not written yet, and only a template may begin a conversation"
    return f"the 24 hours to answer ended at {rfc3339(since + WINDOW)}"


def _times(since: datetime | None) -> dict[str, Any]:
    return {
        "last_inbound_at": rfc3339(since) if since else None,
        "window_closed_at": rfc3339(since + WINDOW) if since else None,
    }


def message_type(content: Content) -> str:
    match content:
        case c.Text() | c.Contacts() | c.Buttons() | c.ChoiceList() | c.LinkButton():
            return "text"
        case _:
            return content.type


def shown_text(content: Content) -> str | None:
    """Return the text that the inbox shows."""
    text: str | None = None
    match content:
        case c.Text() | c.Buttons() | c.ChoiceList() | c.LinkButton():
            text = content.body
        case c.Image() | c.Video() | c.Document():
            text = content.caption
        case c.Location():
            text = content.name or f"{content.latitude}, {content.longitude}"
        case c.Contacts():
            text = "; ".join(contact.name.formatted_name for contact in content.contacts)
        case c.Reaction():
            text = content.emoji
        case Template():
            text = f"[template {content.name}]"
    return text
