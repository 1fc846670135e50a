"""Our copy of the templates, fetched from Meta when it is missing or stale, or when a refresh is requested."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from shared.domain.channels import service as channels
from shared.domain.channels.models import Channel
from shared.domain.channels.service import ChannelNotConnected
from shared.kernel.errors import NotFound, Refusal, Unavailable
from shared.providers.meta.client import graph
from shared.providers.meta.events import TemplateEvent
from shared.providers.meta.faults import ProviderFault
from shared.runtime.postgres.transaction import Tx
from shared.runtime.secrets import UnreadableSecretError, open_sealed
from shared.tenancy.transactions import service_tx

from . import queries
from .models import StoredTemplates, TemplateName, TemplateRow, Templates, TemplatesRequest, TemplateStatus

MOST_LISTED = 250


class TemplatesUnavailable(Unavailable):
    """`provider_message` is Meta's."""

    code = "templates_unavailable"
    default_message = "Meta does not return the templates now: try again later"


REFUSALS: tuple[type[Refusal], ...] = (NotFound, ChannelNotConnected, TemplatesUnavailable)


async def current(
    begin: Callable[[], AbstractAsyncContextManager[Tx]], request: TemplatesRequest, *, request_id: str
) -> Templates:
    """Return our copy, after a fetch from Meta if it is stale or `refresh` is set; `begin` opens the transaction.

    Raises:
        NotFound, ChannelNotConnected, TemplatesUnavailable.
    """
    async with begin() as tx:
        stored = await stored_templates(tx, channel_id=request.channel_id, only_approved=request.only_approved)
    if stored.is_stale or request.refresh:
        await fetch(channel_id=stored.channel_id, request_id=request_id)
        async with begin() as tx:
            stored = await stored_templates(tx, channel_id=stored.channel_id, only_approved=request.only_approved)
    return Templates(stored.channel_id, stored.templates)


async def stored_templates(tx: Tx, *, channel_id: UUID | None, only_approved: bool) -> StoredTemplates:
    """Return our copy of a WhatsApp channel's templates, as the caller.

    Raises:
        NotFound, ChannelNotConnected.
    """
    channel = await channels.choose_channel(tx, platform="whatsapp", channel_id=channel_id)
    if channel.waba_id is None:
        raise ChannelNotConnected("the channel has no WhatsApp Business account: connect it again")
    templates = await queries.list_templates(
        tx, waba_id=channel.waba_id, only_approved=only_approved, limit=MOST_LISTED
    )
    is_stale = not templates or await queries.has_stale_templates(tx, waba_id=channel.waba_id)
    return StoredTemplates(channel.id, channel.waba_id, templates, is_stale)


async def fetch(*, channel_id: UUID, request_id: str) -> None:
    """Replace our copy by Meta's templates, as the service.

    Raises:
        TemplatesUnavailable.
    """
    async with service_tx(request_id=request_id, read_only=True) as tx:
        channel = await channels.find_channel(tx, channel_id=channel_id)
    if channel is None or channel.waba_id is None or channel.token_sealed is None:
        raise TemplatesUnavailable("the channel has no access: connect it again")
    try:
        token = (await open_sealed(channel.organization_id, channel.token_sealed)).decode()
        found = await graph(token).templates(channel.waba_id)
    except (ProviderFault, UnreadableSecretError) as fault:
        raise TemplatesUnavailable(provider_message=str(fault)) from fault
    rows = [
        TemplateRow(
            template_id=template.id,
            name=template.name,
            language=template.language,
            category=template.category or None,
            status=template.status or "UNKNOWN",
            quality=template.quality,
            components=[part for part in template.components if isinstance(part, dict)],
        )
        for template in found
        if template.id and template.name and template.language
    ]
    async with service_tx(request_id=request_id) as tx:
        await queries.replace_templates(
            tx, organization_id=channel.organization_id, waba_id=channel.waba_id, templates=rows
        )


async def list_template_names(tx: Tx, *, channel_id: UUID, limit: int) -> list[TemplateName]:
    """Return approved templates that the channel may send."""
    return await queries.list_template_names(tx, channel_id=channel_id, limit=limit)


async def find_template(tx: Tx, *, channel_id: UUID, name: str, language: str) -> TemplateStatus | None:
    """Return category and status, if our copy has the template."""
    return await queries.find_template(tx, channel_id=channel_id, name=name, language=language)


async def mark_stale(tx: Tx, *, channel_id: UUID, name: str) -> None:
    """Mark our copies for a new fetch, because Meta refused a template of that name. As the service."""
    await queries.mark_templates_stale(tx, channel_id=channel_id, name=name)


async def apply_event(tx: Tx, channel: Channel, event: TemplateEvent) -> None:
    """Change our copy by Meta's event; an unknown template is fetched later, with the others. As the service."""
    if channel.waba_id is not None:
        await queries.update_template(
            tx,
            organization_id=channel.organization_id,
            waba_id=channel.waba_id,
            template_id=event.template_id,
            aspect=event.aspect,
            value=event.value,
        )
