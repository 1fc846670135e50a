"""Our copy of the templates, fetched from Meta when it is missing, out of date, or asked for afresh."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from shared.kernel.errors import NotFound, Refusal, Unavailable
from shared.providers.meta.client import graph
from shared.providers.meta.faults import ProviderFault
from shared.runtime.db import Tx
from shared.runtime.secrets import UnreadableSecretError, open_sealed
from shared.tenancy.transactions import service_tx

from . import queries, service
from .models import Template, TemplateRow

MOST_TOLD = 250


class TemplatesUnavailable(Unavailable):
    """`provider_message` is Meta's."""

    code = "templates_unavailable"
    default_message = "Meta does not give the templates now: try again in a while"


REFUSALS: tuple[type[Refusal], ...] = (NotFound, service.ChannelNotConnected, TemplatesUnavailable)


class TemplatesAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel_id: Annotated[UUID | None, Field(description="Which number, where there are several.")] = None
    only_approved: bool = True
    refresh: Annotated[bool, Field(description="Ask Meta, even where our copy looks fresh.")] = False


class Templates(msgspec.Struct, frozen=True):
    """Only those whose status is APPROVED can be sent."""

    channel_id: UUID
    data: list[Template]


class Held(msgspec.Struct, frozen=True):
    """What we have, and whether Meta has to be asked first."""

    channel_id: UUID
    waba_id: str
    templates: list[Template]
    is_stale: bool


async def current(
    begin: Callable[[], AbstractAsyncContextManager[Tx]], asked: TemplatesAsked, *, request_id: str
) -> Templates:
    """Our copy, which Meta is asked to renew first where it is stale or `refresh` says so; `begin` opens as the caller.

    Raises:
        NotFound, ChannelNotConnected, TemplatesUnavailable.
    """
    async with begin() as tx:
        told = await held(tx, channel_id=asked.channel_id, only_approved=asked.only_approved)
    if told.is_stale or asked.refresh:
        await fetch(channel_id=told.channel_id, request_id=request_id)
        async with begin() as tx:
            told = await held(tx, channel_id=told.channel_id, only_approved=asked.only_approved)
    return Templates(told.channel_id, told.templates)


async def held(tx: Tx, *, channel_id: UUID | None, only_approved: bool) -> Held:
    """As the caller.

    Raises:
        NotFound, ChannelNotConnected.
    """
    channel = await service.chosen(tx, platform="whatsapp", channel_id=channel_id)
    if channel.waba_id is None:
        raise service.ChannelNotConnected("the channel has no WhatsApp Business account: connect it again")
    templates = await queries.list_templates(tx, waba_id=channel.waba_id, only_approved=only_approved, limit=MOST_TOLD)
    is_stale = not templates or await queries.has_stale_templates(tx, waba_id=channel.waba_id)
    return Held(channel.id, channel.waba_id, templates, is_stale)


async def fetch(*, channel_id: UUID, request_id: str) -> None:
    """Replaces our copy, as the service.

    Raises:
        TemplatesUnavailable.
    """
    async with service_tx(request_id=request_id, read_only=True) as tx:
        channel = await queries.find_channel(tx, channel_id=channel_id)
    if channel is None or channel.waba_id is None or channel.token_sealed is None:
        raise TemplatesUnavailable("the channel has no access: connect it again")
    try:
        token = (await open_sealed(channel.organization_id, channel.token_sealed)).decode()
        found = await graph(token).templates(channel.waba_id)
    except (ProviderFault, UnreadableSecretError) as fault:
        raise TemplatesUnavailable(provider_message=str(fault)) from fault
    rows = [
        TemplateRow(
            template_id=each.id,
            name=each.name,
            language=each.language,
            category=each.category or None,
            status=each.status or "UNKNOWN",
            quality=each.quality,
            components=[part for part in each.components if isinstance(part, dict)],
        )
        for each in found
        if each.id and each.name and each.language
    ]
    async with service_tx(request_id=request_id) as tx:
        await queries.replace_templates(
            tx, organization_id=channel.organization_id, waba_id=channel.waba_id, templates=rows
        )
