"""Content of outbound messages: a model for each kind with WhatsApp's limits; `bodies` has those of each channel."""

from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from shared.kernel.errors import Refusal
from shared.kernel.faults import message_of
from shared.kernel.visible import InvisibleText

from .templates import DocumentReference, FileReference, GeoLocation, Link, Part, Template

Caption = Annotated[str, Field(min_length=1, max_length=1024)]
Footer = Annotated[str, Field(min_length=1, max_length=60)]
InteractiveBody = Annotated[str, Field(min_length=1, max_length=1024, description="The text above the choices.")]


class InvalidMessageContent(Refusal):
    """`errors` has a JSON pointer into the content and a reason for each error; nothing was sent or counted."""

    status = 422
    code = "invalid_message_content"
    default_message = "this message cannot be sent as it is; `errors` says where"

    @classmethod
    def at(cls, pointer: str, reason: str) -> Self:
        return cls(
            f"the message cannot be sent: {pointer or 'the content'}: {reason}",
            errors=[{"pointer": pointer, "message": reason}],
        )


class Text(Part):
    type: Literal["text"] = "text"
    body: str = Field(min_length=1, max_length=4096)
    preview_url: bool = False


class Image(FileReference):
    type: Literal["image"]
    caption: Caption | None = None


class Video(FileReference):
    type: Literal["video"]
    caption: Caption | None = None


class Audio(FileReference):
    type: Literal["audio"]


class Document(DocumentReference):
    type: Literal["document"]
    caption: Caption | None = None


class Sticker(FileReference):
    type: Literal["sticker"]


class Location(GeoLocation):
    type: Literal["location"]


class ContactName(Part):
    """Meta wants `formatted_name` and at least one of the parts."""

    formatted_name: str = Field(min_length=1, max_length=256)
    first_name: str | None = Field(default=None, max_length=128)
    last_name: str | None = Field(default=None, max_length=128)

    @model_validator(mode="after")
    def _has_a_part(self) -> Self:
        if not (self.first_name or self.last_name):
            raise ValueError("give first_name or last_name beside formatted_name")
        return self


class ContactPhone(Part):
    phone: str = Field(min_length=3, max_length=32)
    type: str | None = Field(default=None, max_length=20)
    wa_id: str | None = Field(default=None, max_length=32)


class ContactEmail(Part):
    email: str = Field(min_length=3, max_length=254)
    type: str | None = Field(default=None, max_length=20)


class ContactCard(Part):
    name: ContactName
    phones: list[ContactPhone] = Field(default=[], max_length=20)
    emails: list[ContactEmail] = Field(default=[], max_length=20)


class Contacts(Part):
    type: Literal["contacts"]
    contacts: list[ContactCard] = Field(min_length=1, max_length=257)


class ReplyButton(Part):
    """A button; `id` comes back when the customer taps it."""

    id: str = Field(min_length=1, max_length=256)
    title: str = Field(min_length=1, max_length=20)


class Buttons(Part):
    """Up to three buttons; on Messenger and Instagram they are quick replies."""

    type: Literal["buttons"]
    body: InteractiveBody
    header: str | None = Field(default=None, min_length=1, max_length=60)
    footer: Footer | None = None
    buttons: list[ReplyButton] = Field(min_length=1, max_length=3)

    @model_validator(mode="after")
    def _distinct_buttons(self) -> Self:
        _unique("buttons", "id", [button.id for button in self.buttons])
        _unique("buttons", "title", [button.title for button in self.buttons])
        return self


class ListRow(Part):
    """A row; `id` comes back when the customer chooses it."""

    id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=24)
    description: str | None = Field(default=None, min_length=1, max_length=72)


class ListSection(Part):
    title: str | None = Field(default=None, min_length=1, max_length=24)
    rows: list[ListRow] = Field(min_length=1, max_length=10)


class ChoiceList(Part):
    """Up to ten rows in all, behind one button."""

    type: Literal["list"]
    body: InteractiveBody
    header: str | None = Field(default=None, min_length=1, max_length=60)
    footer: Footer | None = None
    button: str = Field(min_length=1, max_length=20)
    sections: list[ListSection] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _ten_rows_in_all(self) -> Self:
        rows = [row.id for section in self.sections for row in section.rows]
        if len(rows) > 10:  # noqa: PLR2004
            raise ValueError(f"a list may have ten rows in all its sections together, this one has {len(rows)}")
        _unique("rows", "id", rows)
        if len(self.sections) > 1 and not all(section.title for section in self.sections):
            raise ValueError("each section needs a title when there are several")
        return self


class LinkButton(Part):
    """One button that opens a page."""

    type: Literal["cta_url"]
    body: InteractiveBody
    header: str | None = Field(default=None, min_length=1, max_length=60)
    footer: Footer | None = None
    title: str = Field(min_length=1, max_length=20)
    url: Link


class Reaction(Part):
    """A reaction to the message with that id of the provider; an empty emoji removes it."""

    type: Literal["reaction"]
    message_id: str = Field(min_length=1, max_length=512)
    emoji: str = Field(default="", max_length=32)


Content = Annotated[
    Text
    | Image
    | Video
    | Audio
    | Document
    | Sticker
    | Location
    | Contacts
    | Buttons
    | ChoiceList
    | LinkButton
    | Template
    | Reaction,
    Field(discriminator="type"),
]
_MOST_ERRORS = 20


@cache
def _content() -> TypeAdapter[Content]:
    """Build the adapter at the first use, because it takes longer than the whole import of this module."""
    return TypeAdapter(Content)


def content_from(value: Any) -> Content:
    """Return the content of JSON that was stored or sent.

    Raises:
        InvalidMessageContent: with a pointer and a reason for each error.
        InvisibleText: the same, if a text has no visible character.
    """
    try:
        return _content().validate_python(value)
    except ValidationError as fault:
        raise _refusal(fault) from fault


def _refusal(fault: ValidationError) -> Refusal:
    found = fault.errors(include_url=False, include_context=False, include_input=False)[:_MOST_ERRORS]
    errors = [
        {"pointer": "".join(f"/{part}" for part in error["loc"][1:]), "message": message_of(error)} for error in found
    ]
    reasons = "; ".join(f"{error['pointer'] or 'the content'}: {error['message']}" for error in errors[:3])
    invisible = next((error for error in found if error["type"] == InvisibleText.code), None)
    if invisible is not None:
        return InvisibleText(f"the message cannot be sent: {reasons}", field=str(invisible["loc"][-1]), errors=errors)
    return InvalidMessageContent(f"the message cannot be sent: {reasons}", errors=errors)


def content_json(content: Content) -> dict[str, Any]:
    """Return the JSON that `content_from` reads as the same content."""
    return content.model_dump(mode="json", exclude_none=True)


def _unique(parts: str, field: str, values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise ValueError(f"two {parts} have the same {field}: the answers could not be distinguished")
