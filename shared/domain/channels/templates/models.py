"""Message templates, as Meta has them and as we store them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import Field

from shared.kernel.names import EitherCase


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """`components` are Meta's: header, body, footer, buttons."""

    name: str
    language: str
    category: str | None
    status: str
    quality: str | None
    components: list[dict[str, Any]]


class TemplateRow(Template, frozen=True, kw_only=True):
    template_id: str


class TemplateName(msgspec.Struct, frozen=True):
    """The fields that are needed to choose and to send a template."""

    name: str
    language: str
    category: str | None


class TemplateStatus(msgspec.Struct, frozen=True):
    category: str | None
    status: str


class TemplatesRequest(EitherCase):
    channel_id: Annotated[UUID | None, Field(description="Which number, where there are several.")] = None
    only_approved: bool = True
    refresh: Annotated[bool, Field(description="Ask Meta, even where our copy looks fresh.")] = False


class Templates(msgspec.Struct, frozen=True):
    """A channel's templates; only those with the status APPROVED can be sent."""

    channel_id: UUID
    data: list[Template]


class StoredTemplates(msgspec.Struct, frozen=True):
    """Our copy of a channel's templates; a stale one has to be fetched from Meta first."""

    channel_id: UUID
    waba_id: str
    templates: list[Template]
    is_stale: bool
