"""Templates to be sent: their components, and the values of their placeholders by name or by position."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from shared.kernel.visible import InvisibleText, is_visible

Name = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[a-z0-9_]+$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Z]{2,3})?$", description="Meta's code, as ar or en_US.")]
Link = Annotated[str, Field(max_length=2048, pattern=r"^https://[^\s]+$")]


class Part(BaseModel):
    """A part that is sent as it is; unknown fields are refused here and not by Meta."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @field_validator("*")
    @classmethod
    def _visible(cls, value: Any) -> Any:
        """Refuse a text without visible characters: Meta treats it as missing, or the customer sees nothing."""
        if isinstance(value, str) and value and not is_visible(value):
            raise PydanticCustomError(InvisibleText.code, "has no visible character")
        return value


class FileReference(Part):
    """A file by one of two fields: `id` of an uploaded file, or `link` from which Meta fetches it."""

    id: str | None = Field(default=None, min_length=1, max_length=128)
    link: Link | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.id is None) == (self.link is None):
            raise ValueError("send one of id and link")
        return self


class DocumentReference(FileReference):
    filename: str | None = Field(default=None, min_length=1, max_length=240)


class Currency(Part):
    fallback_value: str = Field(max_length=60)
    code: str = Field(pattern=r"^[A-Z]{3}$")
    amount_1000: int


class DateTime(Part):
    fallback_value: str = Field(max_length=60)


class GeoLocation(Part):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str | None = Field(default=None, max_length=1000)
    address: str | None = Field(default=None, max_length=1000)


class NamedParameter(Part):
    parameter_name: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,60}$")


class TextParameter(NamedParameter):
    type: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=1024)


class CurrencyParameter(NamedParameter):
    type: Literal["currency"]
    currency: Currency


class DateTimeParameter(NamedParameter):
    type: Literal["date_time"]
    date_time: DateTime


class ImageParameter(Part):
    type: Literal["image"]
    image: FileReference


class VideoParameter(Part):
    type: Literal["video"]
    video: FileReference


class DocumentParameter(Part):
    type: Literal["document"]
    document: DocumentReference


class LocationParameter(Part):
    type: Literal["location"]
    location: GeoLocation


class PayloadParameter(Part):
    type: Literal["payload"]
    payload: str = Field(min_length=1, max_length=256)


class CouponParameter(Part):
    type: Literal["coupon_code"]
    coupon_code: str = Field(min_length=1, max_length=20)


Parameter = Annotated[
    TextParameter
    | CurrencyParameter
    | DateTimeParameter
    | ImageParameter
    | VideoParameter
    | DocumentParameter
    | LocationParameter
    | PayloadParameter
    | CouponParameter,
    Field(discriminator="type"),
]


class Header(Part):
    type: Literal["header", "HEADER"]
    parameters: list[Parameter] = Field(max_length=1)


class Body(Part):
    type: Literal["body", "BODY"]
    parameters: list[Parameter] = Field(max_length=100)


class Button(Part):
    """`index` counts the template's buttons from 0."""

    type: Literal["button", "BUTTON"]
    sub_type: Literal["quick_reply", "url", "copy_code", "flow", "QUICK_REPLY", "URL", "COPY_CODE", "FLOW"]
    index: int = Field(ge=0, le=9)
    parameters: list[Parameter] = Field(default=[], max_length=1)


Component = Annotated[Header | Body | Button, Field(discriminator="type")]


class Template(Part):
    """A template, which only WhatsApp has: the only content that may be sent outside the 24-hour window."""

    type: Literal["template"] = "template"
    name: Name
    language: Language
    components: list[Component] = Field(default=[], max_length=14)
