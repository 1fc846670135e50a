"""What a customer sent, as typed content; `text` is always what a person would read in the inbox."""

from enum import StrEnum

import msgspec

from .faults import FaultKind


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file at the provider: WhatsApp names it by `id` (and sometimes `url`), Messenger and Instagram by `url` alone.

    Nothing here is to be believed before the file has been looked at: `filename` may be a path, `mime_type` wrong.
    """

    kind: MediaKind
    id: str | None = None
    url: str | None = None
    mime_type: str | None = None
    sha256: str | None = None
    """Base64, as WhatsApp sends it."""
    filename: str | None = None
    voice: bool = False
    animated: bool = False


class ProviderError(msgspec.Struct, frozen=True, kw_only=True):
    """An error that came in a webhook, classed like one that came as an answer."""

    code: int
    kind: FaultKind
    message: str
    details: str | None = None


class Text(msgspec.Struct, frozen=True, tag="text"):
    body: str

    @property
    def text(self) -> str | None:
        return self.body


class MediaFiles(msgspec.Struct, frozen=True, tag="media"):
    """WhatsApp sends one file a message, Messenger and Instagram may send several."""

    files: tuple[Media, ...]
    caption: str | None = None

    @property
    def text(self) -> str | None:
        return self.caption


class Location(msgspec.Struct, frozen=True, kw_only=True, tag="location"):
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None
    url: str | None = None

    @property
    def text(self) -> str | None:
        named = ", ".join(part for part in (self.name, self.address) if part)
        return named or f"{self.latitude}, {self.longitude}"


class SharedContact(msgspec.Struct, frozen=True):
    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


class SharedContacts(msgspec.Struct, frozen=True, tag="contacts"):
    """Cards of other people; nobody becomes a contact by being in one."""

    contacts: tuple[SharedContact, ...]

    @property
    def text(self) -> str | None:
        return "; ".join(" ".join((each.name, *each.phones)) for each in self.contacts) or None


class Choice(msgspec.Struct, frozen=True, kw_only=True, tag="choice"):
    """Something was tapped that we had offered.

    `source` is button, list, template_button, quick_reply, postback or call_permission; `payload` is what we had put
    behind it.
    """

    source: str
    payload: str | None
    title: str | None = None
    description: str | None = None

    @property
    def text(self) -> str | None:
        return self.title or self.payload


class FormReply(msgspec.Struct, frozen=True, kw_only=True, tag="form"):
    """A WhatsApp Flow that was filled in; `response` is its JSON text as it came."""

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
    """A cart sent from the WhatsApp catalogue: an offer to order, not yet an order."""

    catalog_id: str | None
    products: tuple[OrderedProduct, ...]
    note: str | None = None

    @property
    def text(self) -> str | None:
        listed = ", ".join(f"{each.quantity} x {each.retailer_id}" for each in self.products)
        return f"{self.note}: {listed}" if self.note else listed or None


class Share(msgspec.Struct, frozen=True, kw_only=True, tag="share"):
    """Something of Facebook or Instagram: a post, a reel, a link, a story that mentions us (`kind` says which).

    A story's media must go when the story goes, so nothing of a share is copied: only its address is kept.
    """

    kind: str
    url: str | None = None
    title: str | None = None

    @property
    def text(self) -> str | None:
        return self.title or self.url


class Unsupported(msgspec.Struct, frozen=True, kw_only=True, tag="unsupported"):
    """A message whose content the provider does not hand over; the inbox shows that there was one."""

    kind: str
    errors: tuple[ProviderError, ...] = ()

    @property
    def text(self) -> str | None:
        return None


InboundContent = Text | MediaFiles | Location | SharedContacts | Choice | FormReply | CatalogOrder | Share | Unsupported
