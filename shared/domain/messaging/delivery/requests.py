"""Requests of the functions that send messages, and their execution."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from shared.domain.channels.service import ChannelNotConnected
from shared.domain.customers.service import InvalidPhone
from shared.domain.media import service as media
from shared.kernel.errors import Conflict, NotFound, Refusal
from shared.kernel.names import CamelCase, EitherCase
from shared.kernel.visible import VISIBLE, InvisibleText, is_visible
from shared.providers.meta.contents import Content, InvalidMessageContent, content_from
from shared.runtime.postgres.transaction import Tx
from shared.tenancy.principal import Kind, Principal
from shared.tenancy.service import get_organization

from . import queries, service
from .models import SendRequest, SentMessage
from .service import (
    ChannelCannotSend,
    MarketingStopped,
    RecipientUnreachable,
    TemplateNotApproved,
    WindowClosed,
)


class WrongChannel(Conflict):
    """`platform` is the conversation's own, `use` the function that sends there, or None if there is none."""

    code = "wrong_channel"


class MessageNotThere(NotFound):
    default_message = "no such message in this conversation, or the channel has not named its id yet"


REFUSALS: tuple[type[Refusal], ...] = (
    NotFound,
    ChannelCannotSend,
    ChannelNotConnected,
    WrongChannel,
    WindowClosed,
    RecipientUnreachable,
    InvalidMessageContent,
    InvisibleText,
)
TEMPLATE_REFUSALS: tuple[type[Refusal], ...] = (
    *REFUSALS,
    MarketingStopped,
    TemplateNotApproved,
    InvalidPhone,
)


class MessageRequest(CamelCase):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"chatId": "00000000-0000-0000-0000-000000000001", "message": "hello"}]}
    )

    chat_id: UUID
    message: Annotated[
        Annotated[str, VISIBLE] | None,
        Field(min_length=1, max_length=4096, description="The text; with media_id, the caption."),
    ] = None
    content: Annotated[
        dict[str, Any] | None,
        Field(
            description="Anything but plain text, by its type: image, video, audio, document, sticker, location, "
            "contacts, buttons, list, cta_url, reaction."
        ),
    ] = None
    media_id: UUID | None = None
    reply_to: UUID | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.content is not None and (self.message is not None or self.media_id is not None):
            raise ValueError("send content alone, or message, media_id or both")
        if self.content is None and self.message is None and self.media_id is None:
            raise ValueError("nothing to send: give message, content or media_id")
        return self


class TemplateRequest(EitherCase):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"chat_id": "00000000-0000-0000-0000-000000000001", "template_name": "order_update", "language": "ar"}
            ]
        }
    )

    phone_number: Annotated[
        str | None, Field(min_length=5, max_length=50, description="E.164, such as +201012345678.")
    ] = None
    chat_id: UUID | None = None
    template_name: Annotated[str, Field(min_length=1, max_length=512)]
    language: Annotated[str, Field(min_length=2, max_length=20, description="Meta's code, such as ar or en_US.")]
    components: Annotated[list[dict[str, Any]], Field(default_factory=list, max_length=20)]
    channel_id: Annotated[UUID | None, Field(description="Which number sends, where there are several.")] = None

    @model_validator(mode="after")
    def _has_one_recipient(self) -> Self:
        if (self.phone_number is None) == (self.chat_id is None):
            raise ValueError("send one of phone_number and chat_id")
        return self


class ReactionRequest(CamelCase):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"messageId": "00000000-0000-0000-0000-000000000001", "emoji": "👍"}]}
    )

    message_id: UUID
    emoji: Annotated[str, Field(max_length=32, description="Empty takes the reaction back.")] = ""


class StatusRequest(CamelCase):
    model_config = ConfigDict(json_schema_extra={"examples": [{"messageId": "00000000-0000-0000-0000-000000000001"}]})

    message_id: UUID


async def send_message(tx: Tx, request: MessageRequest, caller: Principal, *, platform: str | None) -> SentMessage:
    """Send a message in a conversation of that platform, or of any for None.

    Raises:
        Refusal: one of REFUSALS, or plan_limit_exceeded.
    """
    request.check_organization(caller.organization_id)
    await _check_platform(tx, request.chat_id, platform)
    reply_to = await _platform_id(tx, request.chat_id, request.reply_to) if request.reply_to else None
    content = await _content(tx, request)
    return await service.send(
        tx,
        chat_id=request.chat_id,
        content=content,
        is_person=caller.kind is Kind.USER,
        extra=SendRequest(content={}, reply_to=reply_to, media_id=request.media_id),
    )


async def send_template(tx: Tx, request: TemplateRequest, caller: Principal) -> SentMessage:
    """Send a template to a phone number, or in a conversation, whether its window is open or not.

    Raises:
        Refusal: one of TEMPLATE_REFUSALS, or plan_limit_exceeded.
    """
    request.check_organization(caller.organization_id)
    template = {
        "type": "template",
        "name": request.template_name,
        "language": request.language,
        "components": request.components,
    }
    content = content_from(template)
    chat_id = request.chat_id
    if chat_id is not None:
        await _check_platform(tx, chat_id, "whatsapp")
    else:
        country = (await get_organization(tx, organization_id=caller.organization_id)).country
        chat_id = await service.start(
            tx, phone=request.phone_number or "", country=country, channel_id=request.channel_id
        )
    return await service.send(tx, chat_id=chat_id, content=content, is_person=caller.kind is Kind.USER)


async def send_reaction(tx: Tx, request: ReactionRequest, caller: Principal) -> SentMessage:
    """Send a reaction to one message of a WhatsApp conversation.

    Raises:
        Refusal: one of REFUSALS, or plan_limit_exceeded.
    """
    request.check_organization(caller.organization_id)
    ids = await queries.find_message_ids(tx, message_id=request.message_id)
    if ids is None or ids.platform_message_id is None:
        raise MessageNotThere
    await _check_platform(tx, ids.chat_id, "whatsapp")
    content = content_from({"type": "reaction", "message_id": ids.platform_message_id, "emoji": request.emoji})
    return await service.send(tx, chat_id=ids.chat_id, content=content, is_person=caller.kind is Kind.USER)


async def get_status(tx: Tx, request: StatusRequest, caller: Principal) -> SentMessage:
    """Return the delivery state of one of our messages.

    Raises:
        NotFound: the caller's organization has sent no such message from here.
    """
    request.check_organization(caller.organization_id)
    return await queries.find_message(tx, message_id=request.message_id)


async def _content(tx: Tx, request: MessageRequest) -> Content:
    if request.content is not None:
        return content_from(request.content)
    if request.media_id is None:
        return content_from({"type": "text", "body": request.message})
    file = await media.get_media(tx, media_id=request.media_id)
    if file.status != "stored":
        raise InvalidMessageContent.at("/media_id", f"the file cannot be sent: it is {file.status}")
    # Our own id replaces the file's location until the message is sent.
    has_visible_name = file.kind == "document" and file.file_name and is_visible(file.file_name)
    name = {"filename": file.file_name} if has_visible_name else {}
    caption = {"caption": request.message} if request.message else {}
    return content_from({"type": file.kind.value, "id": str(file.id), **caption, **name})


async def _platform_id(tx: Tx, chat_id: UUID, message_id: UUID) -> str:
    ids = await queries.find_message_ids(tx, message_id=message_id)
    if ids is None or ids.platform_message_id is None or ids.chat_id != chat_id:
        raise MessageNotThere
    return ids.platform_message_id


async def _check_platform(tx: Tx, chat_id: UUID, platform: str | None) -> None:
    if platform is None:
        return
    thread = await queries.find_thread(tx, chat_id=chat_id)
    if thread is None:
        raise NotFound
    if thread.platform != platform:
        use = f"{thread.platform}-send-message" if thread.platform in service.SENDING else None
        message = (
            f"this conversation is on {thread.platform}, not on {platform}: {f'call {use}' if use else 'answer there'}"
        )
        raise WrongChannel(message, platform=thread.platform, use=use)
