"""Request bodies of the Graph API, made from content; what a channel does not support is refused here."""

from typing import Any, Literal, assert_never

from . import contents as c
from .contents import Content, InvalidMessageContent
from .events import Channel
from .recipients import Recipient
from .templates import Template

Json = dict[str, Any]
MOST_OPAQUE = 512
MOST_FACEBOOK_CHARACTERS = 2000
MOST_INSTAGRAM_BYTES = 1000
MOST_BUTTON_TEXT = 640
REACTIONS = {"❤": "love", "😆": "laugh", "😮": "wow", "😢": "sad", "😠": "angry", "👍": "like", "👎": "dislike"}
"""Messenger's names of the emoji that it supports."""


def body_for(
    channel: Channel,
    recipient: Recipient,
    content: Content,
    *,
    reply_to: str | None = None,
    opaque: str | None = None,
    human_agent: bool = False,
) -> Json:
    """Return the body of `POST /{account}/messages`.

    `opaque` comes back in the status webhook (WhatsApp) or the echo. `human_agent` is for what a person wrote between
    24 hours and 7 days after the customer's last message, on Messenger and Instagram.

    Raises:
        InvalidMessageContent: the channel does not support this content.
    """
    if opaque is not None and len(opaque) > MOST_OPAQUE:
        raise ValueError("the opaque value is longer than Meta allows")
    if channel == "whatsapp":
        return _whatsapp(recipient, content, reply_to, opaque)
    body = _messenger(channel, recipient, content, reply_to, opaque)
    tagged = human_agent and "message" in body
    return body | {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"} if tagged else body


def mark_read_body(message_id: str, *, typing: bool) -> Json:
    """Return WhatsApp's read mark; its typing sign ends after 25 s or with the next message."""
    body: Json = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    return body | {"typing_indicator": {"type": "text"}} if typing else body


def sender_action_body(recipient: Recipient, action: Literal["mark_seen", "typing_on", "typing_off"]) -> Json:
    """Return one action of Messenger or Instagram."""
    return {"recipient": {"id": recipient.scoped_id}, "sender_action": action}


def _whatsapp(recipient: Recipient, content: Content, reply_to: str | None, opaque: str | None) -> Json:
    kind, value = _whatsapp_content(content)
    body: Json = {"messaging_product": "whatsapp", "recipient_type": "group" if recipient.group_id else "individual"}
    if to := recipient.group_id or recipient.phone:
        body["to"] = to
    elif recipient.user_id:
        body["recipient"] = recipient.user_id
    else:
        raise InvalidMessageContent.at("", "nobody to send to: the contact has neither a phone nor a WhatsApp id")
    body |= {"type": kind, kind: value}
    if reply_to and not isinstance(content, c.Reaction):
        body["context"] = {"message_id": reply_to}
    if opaque is not None:
        body["biz_opaque_callback_data"] = opaque
    return body


def _whatsapp_content(content: Content) -> tuple[str, Any]:
    match content:
        case c.Buttons() | c.ChoiceList() | c.LinkButton():
            return "interactive", _interactive(content)
        case c.Contacts():
            return "contacts", [contact.model_dump(exclude_none=True) for contact in content.contacts]
        case Template():
            _check_template(content)
            components = [component.model_dump(exclude_none=True) for component in content.components]
            template = {"name": content.name, "language": {"code": content.language}}
            return "template", template | ({"components": components} if components else {})
        case _:
            return content.type, content.model_dump(exclude_none=True, exclude={"type"})


def _interactive(content: c.Buttons | c.ChoiceList | c.LinkButton) -> Json:
    value: Json = {"body": {"text": content.body}}
    if content.header:
        value["header"] = {"type": "text", "text": content.header}
    if content.footer:
        value["footer"] = {"text": content.footer}
    match content:
        case c.Buttons():
            replies = [{"type": "reply", "reply": {"id": reply.id, "title": reply.title}} for reply in content.buttons]
            return {"type": "button", **value, "action": {"buttons": replies}}
        case c.ChoiceList():
            sections = [section.model_dump(exclude_none=True) for section in content.sections]
            return {"type": "list", **value, "action": {"button": content.button, "sections": sections}}
        case c.LinkButton():
            link = {"display_text": content.title, "url": content.url}
            return {"type": "cta_url", **value, "action": {"name": "cta_url", "parameters": link}}


def _check_template(template: Template) -> None:
    """Check that the parameters of a component are all by name, each name once, or all by position."""
    for number, component in enumerate(template.components):
        pointer = f"/components/{number}/parameters"
        names = [getattr(parameter, "parameter_name", None) for parameter in component.parameters]
        given = [name for name in names if name]
        if given and (len(given) != len(names) or len(set(given)) != len(given)):
            raise InvalidMessageContent.at(pointer, "name every parameter, each differently, or none")


def _messenger(
    channel: Channel, recipient: Recipient, content: Content, reply_to: str | None, opaque: str | None
) -> Json:
    if not recipient.scoped_id:
        raise InvalidMessageContent.at("", f"nobody to send to: the contact has no id on {channel}")
    body: Json = {"recipient": {"id": recipient.scoped_id}}
    if isinstance(content, c.Reaction):
        return body | _reaction(content)
    message = _messenger_message(channel, content)
    if reply_to:
        message["reply_to"] = {"mid": reply_to}
    if opaque is not None:
        message["metadata"] = opaque
    return body | {"messaging_type": "RESPONSE", "message": message}


def _reaction(content: c.Reaction) -> Json:
    if not content.emoji:
        return {"sender_action": "unreact", "payload": {"message_id": content.message_id}}
    name = REACTIONS.get(content.emoji.removesuffix("\ufe0f"))
    if name is None:
        raise InvalidMessageContent.at("/emoji", f"this channel takes one of {' '.join(REACTIONS)}")
    return {"sender_action": "react", "payload": {"message_id": content.message_id, "reaction": name}}


def _messenger_message(channel: Channel, content: Content) -> Json:
    match content:
        case c.Text():
            return {"text": _checked_length(channel, content.body)}
        case c.Image() | c.Video() | c.Audio() | c.Document():
            return _attachment(channel, content)
        case c.Buttons():
            _check_no_frame(channel, content)
            replies = [{"content_type": "text", "title": reply.title, "payload": reply.id} for reply in content.buttons]
            return {"text": _checked_length(channel, content.body), "quick_replies": replies}
        case c.LinkButton():
            _check_no_frame(channel, content)
            if len(content.body) > MOST_BUTTON_TEXT:
                raise InvalidMessageContent.at(
                    "/body", f"a text with a button has {MOST_BUTTON_TEXT} characters at most"
                )
            button = {"type": "web_url", "url": content.url, "title": content.title}
            payload = {"template_type": "button", "text": content.body, "buttons": [button]}
            return {"attachment": {"type": "template", "payload": payload}}
        case c.Sticker() | c.Location() | c.Contacts() | c.ChoiceList() | Template() | c.Reaction():
            raise InvalidMessageContent.at("/type", f"{channel} does not carry {content.type}: WhatsApp alone does")
        case _:
            assert_never(content)


def _attachment(channel: Channel, content: c.Image | c.Video | c.Audio | c.Document) -> Json:
    if getattr(content, "caption", None):
        raise InvalidMessageContent.at("/caption", f"{channel} has no captions: send the text as a message of its own")
    if isinstance(content, c.Document) and channel == "instagram":
        raise InvalidMessageContent.at("/type", "instagram does not carry documents: send a link as text")
    kind = "file" if isinstance(content, c.Document) else content.type
    payload: Json = {"attachment_id": content.id} if content.id else {"url": content.link}
    return {"attachment": {"type": kind, "payload": payload}}


def _check_no_frame(channel: Channel, content: c.Buttons | c.LinkButton) -> None:
    for field in ("header", "footer"):
        if getattr(content, field):
            raise InvalidMessageContent.at(f"/{field}", f"{channel} has no {field}s: put it into the body")


def _checked_length(channel: Channel, text: str) -> str:
    if channel == "instagram":
        length, most, unit = len(text.encode()), MOST_INSTAGRAM_BYTES, "bytes"
    else:
        length, most, unit = len(text), MOST_FACEBOOK_CHARACTERS, "characters"
    if length > most:
        raise InvalidMessageContent.at("/body", f"{channel} takes {most} {unit} and this text has {length}")
    return text
