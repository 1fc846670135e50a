"""Content of a customer's message; `text` is always what a person reads in the inbox."""

from enum import StrEnum

import msgspec

from .faults import FaultKind


class FileKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file at the provider: WhatsApp gives its `id` (and sometimes `url`), Messenger and Instagram only its `url`.

    The fields are not trusted before the file is examined: `filename` may be a path, and `mime_type` wrong.
    """

    kind: FileKind
    id: str | None = None
    url: str | None = None
    mime_type: str | None = None
    sha256: str | None = None
    """Base64, as WhatsApp sends it."""
    filename: str | None = None
    voice: bool = False
    animated: bool = False


class ProviderError(msgspec.Struct, frozen=True, kw_only=True):
    """An error in a webhook, classified like an error in an answer."""

    code: int
    kind: FaultKind
    message: str
    details: str | None = None


class InboundText(msgspec.Struct, frozen=True, tag="text"):
    body: str

    @property
    def text(self) -> str | None:
        return self.body


class MediaFiles(msgspec.Struct, frozen=True, tag="media"):
    """Files of a message: one on WhatsApp, perhaps several on Messenger and Instagram."""

    files: tuple[Media, ...]
    caption: str | None = None

    @property
    def text(self) -> str | None:
        return self.caption


class InboundLocation(msgspec.Struct, frozen=True, kw_only=True, tag="location"):
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None
    url: str | None = None

    @property
    def text(self) -> str | None:
        label = ", ".join(part for part in (self.name, self.address) if part)
        return label or f"{self.latitude}, {self.longitude}"


class SharedContact(msgspec.Struct, frozen=True):
    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


class SharedContacts(msgspec.Struct, frozen=True, tag="contacts"):
    """Cards of other people, who do not become contacts by it."""

    contacts: tuple[SharedContact, ...]

    @property
    def text(self) -> str | None:
        return "; ".join(" ".join((contact.name, *contact.phones)) for contact in self.contacts) or None


class Choice(msgspec.Struct, frozen=True, kw_only=True, tag="choice"):
    """A customer's choice among the options that we offered.

    `source` is button, list, template_button, quick_reply, postback or call_permission; `payload` is our own value of
    the option.
    """

    source: str
    payload: str | None
    title: str | None = None
    description: str | None = None

    @property
    def text(self) -> str | None:
        return self.title or self.payload


class FormReply(msgspec.Struct, frozen=True, kw_only=True, tag="form"):
    """A completed WhatsApp Flow; `response` is its JSON text as it came."""

    name: str | None
    response: str
    body: str | None = None

    @property
    def text(self) -> str | None:
        return self.body


class OrderedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """`unit_price` is the decimal text that WhatsApp sent."""

    retailer_id: str
    quantity: int
    unit_price: str
    currency: str


class CatalogOrder(msgspec.Struct, frozen=True, kw_only=True, tag="order"):
    """A cart from the WhatsApp catalogue, which is not yet an order."""

    catalog_id: str | None
    products: tuple[OrderedProduct, ...]
    note: str | None = None

    @property
    def text(self) -> str | None:
        cart = ", ".join(f"{product.quantity} x {product.retailer_id}" for product in self.products)
        return f"{self.note}: {cart}" if self.note else cart or None


class Share(msgspec.Struct, frozen=True, kw_only=True, tag="share"):
    """A post, a reel, a link, or a story that mentions us, shared from Facebook or Instagram (`kind` says which).

    Only the URL is kept and no media is copied, because a story's media must disappear with the story.
    """

    kind: str
    url: str | None = None
    title: str | None = None

    @property
    def text(self) -> str | None:
        return self.title or self.url


class Unsupported(msgspec.Struct, frozen=True, kw_only=True, tag="unsupported"):
    """A message whose content the provider does not give; the inbox shows that there was one."""

    kind: str
    errors: tuple[ProviderError, ...] = ()

    @property
    def text(self) -> str | None:
        return None


InboundContent = (
    InboundText
    | MediaFiles
    | InboundLocation
    | SharedContacts
    | Choice
    | FormReply
    | CatalogOrder
    | Share
    | Unsupported
)
