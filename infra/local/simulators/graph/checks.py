"""Checks of a body by Meta's rules: written from Meta's documentation, not from what Nexus sends."""

# ruff: noqa: PLR2004  Meta's limits are told by the messages beside them

import re
from collections.abc import Iterable
from typing import Any

from .errors import GraphError
from .records import Account, Template

Json = dict[str, Any]
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_ENVELOPE = frozenset({"messaging_product", "recipient_type", "to", "recipient", "type", "context",
                       "biz_opaque_callback_data"})  # fmt: skip
_MEDIA = {
    "image": {"id", "link", "caption"},
    "video": {"id", "link", "caption"},
    "audio": {"id", "link", "voice"},
    "document": {"id", "link", "caption", "filename"},
    "sticker": {"id", "link"},
}
_WITH_ATTACHMENT = frozenset({"image", "video", "audio", "file", "template"})


def check_whatsapp(body: Json) -> str:
    """Return the kind of message.

    Raises:
        GraphError: Meta's own, for the first fault.
    """
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    kind = body.get("type", "text")
    for name in body:
        if name not in _ENVELOPE and name != kind:
            raise GraphError(100, f'Unexpected key "{name}" on param "message".')
    _check_recipient(body, kind)
    opaque = body.get("biz_opaque_callback_data", "")
    if not isinstance(opaque, str) or len(opaque) > 512:
        raise GraphError(100, "Param biz_opaque_callback_data must be at most 512 characters long.")
    check = _KINDS.get(kind)
    if check is None:
        raise GraphError(131051, f"Message type {kind!r} is not supported.")
    if kind not in body:
        raise GraphError(131008, f"Required parameter {kind} is missing.")
    check(body[kind])
    return str(kind)


def _check_recipient(body: Json, kind: str) -> None:
    to, user_id = body.get("to"), body.get("recipient")
    if not to and not user_id:
        raise GraphError(100, "The parameter to or recipient is required.")
    if body.get("recipient_type", "individual") not in {"individual", "group"}:
        raise GraphError(100, "Param recipient_type must be one of {INDIVIDUAL, GROUP}.")
    if to and body.get("recipient_type") != "group" and not re.fullmatch(r"\+?[0-9 ()-]{5,24}", str(to)):
        raise GraphError(131009, "Param to is not a phone number.")
    if not to and not _USER_ID.fullmatch(str(user_id)):
        raise GraphError(131009, "Param recipient is not a business-scoped user id.")
    if kind == "template" and not to and "otp" in str(body.get("template", "")).lower():
        raise GraphError(131062)


def _text(value: Json) -> None:
    _only(value, {"body", "preview_url"}, "text")
    _words(value, "body", "text", most=4096)


def _media(kind: str, value: Json) -> None:
    _only(value, _MEDIA[kind], kind)
    if bool(value.get("id")) == bool(value.get("link")):
        raise GraphError(100, f"Param {kind} must have exactly one of id and link.")
    if "caption" in value:
        _words(value, "caption", kind, most=1024)


def _location(value: Json) -> None:
    _only(value, {"latitude", "longitude", "name", "address"}, "location")
    for name, most in (("latitude", 90), ("longitude", 180)):
        if not isinstance(value.get(name), int | float) or abs(value[name]) > most:
            raise GraphError(131009, f"Param location['{name}'] is out of range.")


def _contacts(value: list[Json]) -> None:
    if not isinstance(value, list) or not value:
        raise GraphError(131008, "Required parameter contacts is missing.")
    for contact in value:
        name = contact.get("name", {})
        _words(name, "formatted_name", "contacts.name", most=1024)
        if len(name) == 1:
            raise GraphError(131009, "Param contacts.name needs one more part beside formatted_name.")


def _reaction(value: Json) -> None:
    _only(value, {"message_id", "emoji"}, "reaction")
    if not value.get("message_id"):
        raise GraphError(131008, "Required parameter reaction['message_id'] is missing.")
    if not isinstance(value.get("emoji"), str):
        raise GraphError(131008, "Required parameter reaction['emoji'] is missing.")


def _interactive(value: Json) -> None:
    _only(value, {"type", "header", "body", "footer", "action"}, "interactive")
    _words(value.get("body", {}), "text", "interactive.body", most=1024)
    if "footer" in value:
        _words(value["footer"], "text", "interactive.footer", most=60)
    if value.get("header", {}).get("type") == "text":
        _words(value["header"], "text", "interactive.header", most=60)
    action = value.get("action", {})
    match value.get("type"):
        case "button":
            _buttons(action.get("buttons", []))
        case "list":
            _words(action, "button", "interactive.action", most=20)
            _rows(action.get("sections", []))
        case "cta_url":
            _words(action.get("parameters", {}), "display_text", "interactive.action.parameters", most=20)
            _words(action["parameters"], "url", "interactive.action.parameters", most=2000)
        case other:
            raise GraphError(131009, f"Param interactive['type'] {other!r} is not valid.")


def _buttons(buttons: list[Json]) -> None:
    if not 1 <= len(buttons) <= 3:
        raise GraphError(131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    for button in buttons:
        _words(button.get("reply", {}), "title", "interactive.action.buttons.reply", most=20)
        _words(button["reply"], "id", "interactive.action.buttons.reply", most=256)
    _different((button["reply"]["id"] for button in buttons), "button ids")
    _different((button["reply"]["title"] for button in buttons), "button titles")


def _rows(sections: list[Json]) -> None:
    rows = [row for section in sections for row in section.get("rows", [])]
    if not 1 <= len(rows) <= 10:
        raise GraphError(131009, "Total row count exceed max allowed count: 10")
    if len(sections) > 1 and not all(section.get("title") for section in sections):
        raise GraphError(131009, "Param section title is required when there are several sections.")
    for row in rows:
        _words(row, "title", "interactive.action.sections.rows", most=24)
        _words(row, "id", "interactive.action.sections.rows", most=200)
        if "description" in row:
            _words(row, "description", "interactive.action.sections.rows", most=72)
    _different((row["id"] for row in rows), "row ids")


def _template(value: Json) -> None:
    _only(value, {"name", "language", "components"}, "template")
    _words(value, "name", "template", most=512)
    _words(value.get("language", {}), "code", "template.language", most=15)


def check_template(account: Account, value: Json) -> Template:
    """Return the account's template of that name and language; check the number of parameters.

    Raises:
        GraphError: 132001, 132015, 132016, 132000 or 132012.
    """
    name, language = value["name"], value["language"]["code"]
    found = next(
        (template for template in account.templates if (template.name, template.language) == (name, language)), None
    )
    if found is None or found.status in {"PENDING", "REJECTED"}:
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    if found.status in {"PAUSED", "DISABLED"}:
        raise GraphError(132015 if found.status == "PAUSED" else 132016)
    given = {str(part.get("type", "")).lower(): part.get("parameters", []) for part in value.get("components", [])}
    for part in found.components:
        kind = str(part.get("type", "")).lower()
        if kind in {"header", "body"}:
            _placeholders(kind, _PLACEHOLDER.findall(str(part.get("text", ""))), given.get(kind, []), part)
    return found


def _placeholders(kind: str, wanted: list[str], given: list[Json], part: Json) -> None:
    if kind == "header" and part.get("format", "TEXT") != "TEXT":
        wanted = [str(part["format"]).lower()]
        if [parameter.get("type") for parameter in given] != wanted:
            raise GraphError(132012, f"{kind}: Format mismatch, expected {part['format']}")
        return
    names = set(wanted)
    if len(given) != len(names):
        raise GraphError(132000, f"{kind}: number of localizable_params ({len(given)}) does not match {len(names)}")
    if (
        names
        and not all(name.isdigit() for name in names)
        and {parameter.get("parameter_name") for parameter in given} != names
    ):
        raise GraphError(132012, f"{kind}: parameter names do not match the template's")


def check_messenger(channel: str, body: Json) -> str:
    """Return the kind of message, or of sender action.

    Raises:
        GraphError: Meta's own, for the first fault.
    """
    _only(body, {"recipient", "messaging_type", "tag", "message", "sender_action", "payload"}, "message")
    if not isinstance(body.get("recipient"), dict) or not body["recipient"]:
        raise GraphError(100, "The parameter recipient is required")
    if "sender_action" in body:
        return _action(body)
    if body.get("messaging_type") not in {"RESPONSE", "UPDATE", "MESSAGE_TAG"}:
        raise GraphError(100, "Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
    if (body["messaging_type"] == "MESSAGE_TAG") != (body.get("tag") == "HUMAN_AGENT"):
        raise GraphError(100)
    return _messenger_message(channel, body.get("message", {}))


def _action(body: Json) -> str:
    action = body["sender_action"]
    if action not in {"typing_on", "typing_off", "mark_seen", "react", "unreact"}:
        raise GraphError(100, "Param sender_action is not valid")
    if action in {"react", "unreact"} and not body.get("payload", {}).get("message_id"):
        raise GraphError(100, "Param payload[message_id] is required")
    return str(action)


def _messenger_message(channel: str, message: Json) -> str:
    _only(message, {"text", "attachment", "quick_replies", "reply_to", "metadata"}, "message")
    if ("text" in message) == ("attachment" in message):
        raise GraphError(100, "Message must have either text or an attachment")
    if len(message.get("metadata", "")) > 1000:
        raise GraphError(100, "Length of param message[metadata] must be less than or equal to 1000")
    if "attachment" in message:
        kind = message["attachment"].get("type")
        if kind not in _WITH_ATTACHMENT or not message["attachment"].get("payload"):
            raise GraphError(100, "Param message[attachment] is not valid")
        return str(kind)
    text = message["text"]
    size = len(text.encode()) if channel == "instagram" else len(text)
    most = 1000 if channel == "instagram" else 2000
    if not 1 <= size <= most:
        raise GraphError(100, f"Length of param message[text] must be less than or equal to {most}")
    replies = message.get("quick_replies", [])
    if len(replies) > 13 or any(len(reply.get("title", "")) > 20 for reply in replies):
        raise GraphError(100, "Param message[quick_replies] is not valid")
    return "text"


def _only(value: Any, names: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise GraphError(100, f"Param {where} must be a JSON object.")
    for name in value:
        if name not in names:
            raise GraphError(100, f'Unexpected key "{name}" on param "{where}".')


def _words(value: Json, name: str, where: str, *, most: int) -> None:
    text = value.get(name)
    if not isinstance(text, str) or not text.strip():
        raise GraphError(131008, f"Required parameter {where}['{name}'] is missing.")
    if len(text) > most:
        raise GraphError(100, f"Param {where}['{name}'] must be at most {most} characters long.")


def _different(values: Iterable[str], what: str) -> None:
    listed = list(values)
    if len(set(listed)) != len(listed):
        raise GraphError(131009, f"Duplicated {what}.")


_KINDS: dict[str, Any] = {
    "text": _text,
    **{kind: (lambda value, kind=kind: _media(kind, value)) for kind in _MEDIA},
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
}
