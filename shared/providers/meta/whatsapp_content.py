"""The content of a WhatsApp message, by its type."""

from collections.abc import Callable

from .faults import classify
from .inbound import (
    CatalogOrder,
    Choice,
    FileKind,
    FormReply,
    InboundContent,
    InboundLocation,
    InboundText,
    Media,
    MediaFiles,
    OrderedProduct,
    ProviderError,
    SharedContact,
    SharedContacts,
    Unsupported,
)
from .wire import MOST_LINE, Wire


def content(message: Wire, kind: str) -> InboundContent:
    """Return the message's content; Unsupported for an unknown type, a broken content or none."""
    read = _KINDS.get(kind)
    found = read(message.at(kind)) if read else None
    return found or Unsupported(kind=kind or "none", errors=errors(message))


def errors(wire: Wire) -> tuple[ProviderError, ...]:
    return tuple(
        ProviderError(
            code=code,
            kind=classify(code, error.number("error_subcode")).kind,
            message=error.word("title", most=MOST_LINE) or error.word("message", most=MOST_LINE) or "",
            details=error.word("error_data", "details", most=MOST_LINE) or error.word("details", most=MOST_LINE),
        )
        for error in wire.elements("errors")
        if (code := error.number("code")) is not None
    )


def _text(value: Wire) -> InboundText | None:
    body = value.text("body")
    return InboundText(body) if body else None


def _file(kind: FileKind) -> Callable[[Wire], MediaFiles | None]:
    def read(value: Wire) -> MediaFiles | None:
        if not value.text("id") and not value.text("url"):
            return None
        file = Media(
            kind=kind,
            id=value.text("id"),
            url=value.text("url"),
            mime_type=value.text("mime_type"),
            sha256=value.text("sha256"),
            filename=value.text("filename"),
            voice=value.flag("voice"),
            animated=value.flag("animated"),
        )
        return MediaFiles((file,), value.text("caption"))

    return read


def _location(value: Wire) -> InboundLocation | None:
    latitude, longitude = value.real("latitude"), value.real("longitude")
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004
        return None
    return InboundLocation(
        latitude=latitude,
        longitude=longitude,
        name=value.text("name"),
        address=value.text("address"),
        url=value.text("url"),
    )


def _contacts(value: Wire) -> SharedContacts | None:
    cards = Wire({"cards": value.value}).elements("cards")
    read = tuple(
        SharedContact(
            name=card.text("name", "formatted_name") or card.text("name", "first_name") or "",
            phones=tuple(phone for entry in card.elements("phones") if (phone := entry.text("phone"))),
            emails=tuple(email for entry in card.elements("emails") if (email := entry.text("email"))),
        )
        for card in cards
    )
    return SharedContacts(read) if read else None


def _button(value: Wire) -> Choice | None:
    """Read a quick reply of a template."""
    payload, title = value.text("payload"), value.text("text")
    return Choice(source="template_button", payload=payload, title=title) if payload or title else None


def _interactive(value: Wire) -> Choice | FormReply | None:
    kind = value.text("type") or ""
    reply = value.at(kind)
    match kind:
        case "button_reply" | "list_reply":
            source = kind.removesuffix("_reply")
            title, description = reply.text("title"), reply.text("description")
            return Choice(source=source, payload=reply.text("id"), title=title, description=description)
        case "call_permission_reply":
            return Choice(source="call_permission", payload=reply.text("response"))
        case "nfm_reply":
            form = reply.text("response_json") or "{}"
            return FormReply(name=reply.text("name"), response=form, body=reply.text("body"))
        case _:
            return None


def _order(value: Wire) -> CatalogOrder | None:
    products = tuple(
        OrderedProduct(
            retailer_id=item.text("product_retailer_id") or "",
            quantity=item.number("quantity") or 0,
            unit_price=item.text("item_price") or "0",
            currency=item.text("currency") or "",
        )
        for item in value.elements("product_items")
    )
    if not products:
        return None
    return CatalogOrder(catalog_id=value.text("catalog_id"), products=products, note=value.text("text"))


_KINDS: dict[str, Callable[[Wire], InboundContent | None]] = {
    "text": _text,
    **{kind.value: _file(kind) for kind in FileKind},
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
}
