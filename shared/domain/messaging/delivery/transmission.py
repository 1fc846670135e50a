"""The call that sends one message to its channel, between two transactions."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any, NamedTuple

from shared.domain.channels.client import client_of
from shared.domain.media import service as media
from shared.domain.media.models import MediaFile
from shared.domain.messaging.attachments import service as attachments
from shared.kernel.content_types import UNKNOWN
from shared.kernel.errors import NotFound, Unavailable
from shared.kernel.visible import InvisibleText
from shared.providers.meta.answers import Sent
from shared.providers.meta.bodies import body_for
from shared.providers.meta.client import GraphClient
from shared.providers.meta.contents import Content, InvalidMessageContent, Reaction, content_from
from shared.providers.meta.faults import FaultKind, ProviderFault
from shared.providers.meta.uploads import UploadFile
from shared.runtime import set_aside
from shared.runtime.blobs import blobs
from shared.runtime.log import log
from shared.runtime.set_aside import Fault
from shared.tenancy.transactions import service_tx

from .models import WINDOW, DueMessage


class Outcome(NamedTuple):
    """The provider's answer, or the fault before or in the call."""

    sent: Sent | None = None
    content: Content | None = None
    fault: ProviderFault | None = None


async def transmit(due: DueMessage, request_id: str) -> Outcome:
    """Send the message at its time slot; return the provider's answer or the fault."""
    await asyncio.sleep(due.wait_s)
    try:
        content = content_from(due.request.content)
        _check_window(due, content)
        return Outcome(sent=await _call(due, content, request_id), content=content)
    except ProviderFault as fault:
        log().info("message_not_sent", message_id=str(due.message_id), kind=fault.kind, code=fault.code)
        return Outcome(fault=fault)
    except (InvalidMessageContent, InvisibleText) as refusal:
        return Outcome(fault=ProviderFault(FaultKind.CONTENT, refusal.message))


def _check_window(due: DueMessage, content: Content) -> None:
    """Refuse a message that waited until the reply window closed, because Meta would refuse it too."""
    closed = due.last_inbound_at is None or due.now >= due.last_inbound_at + WINDOW
    if closed and content.type != "template" and not due.request.human_agent:
        raise ProviderFault(FaultKind.NEEDS_TEMPLATE, "the 24 hours to answer ended while the message waited")


async def _call(due: DueMessage, content: Content, request_id: str) -> Sent:
    client = await client_of(due)
    if due.request.media_id is not None:
        content = await _with_file(due, content, client, request_id)
    body = body_for(
        due.platform,
        due.known_by.recipient,
        content,
        reply_to=due.request.reply_to,
        opaque=None if isinstance(content, Reaction) and due.platform != "whatsapp" else str(due.message_id),
        human_agent=due.request.human_agent,
    )
    answer = await set_aside.attempt(partial(_answer, client, due.page_id or due.external_id, body))
    if isinstance(answer, Fault):
        raise ProviderFault(FaultKind.UNKNOWN, answer.text)
    if isinstance(answer, ProviderFault):
        raise answer
    return answer


async def _answer(client: GraphClient, node: str, body: dict[str, Any]) -> Sent | ProviderFault:
    try:
        return await client.send(node, body)
    except ProviderFault as fault:
        return fault


async def _with_file(due: DueMessage, content: Content, client: GraphClient, request_id: str) -> Content:
    """Return the content with our file: uploaded to WhatsApp, or as a link of a few minutes on other channels."""
    async with service_tx(request_id=request_id, read_only=True) as tx:
        files = await attachments.files_of(tx, message_id=due.message_id)
    if not files or files[0].organization_id != due.organization_id:
        raise ProviderFault(FaultKind.CONTENT, "the file is not there any more")
    file = files[0]
    try:
        if due.platform != "whatsapp":
            link = (await media.link(file)).url
            if link is None:
                raise ProviderFault(FaultKind.CONTENT, "the file is not there any more")
            return content.model_copy(update={"id": None, "link": link})
        async with aclosing(_pieces(file)) as pieces:
            uploaded = await client.upload(due.external_id, _upload_of(file, pieces))
    except NotFound as fault:
        raise ProviderFault(FaultKind.CONTENT, "the file is not there any more") from fault
    except Unavailable as fault:
        raise ProviderFault(FaultKind.RETRY, fault.message) from fault
    return content.model_copy(update={"id": uploaded, "link": None})


async def _pieces(file: MediaFile) -> AsyncGenerator[bytes]:
    """Yield the file from the blob store in pieces, because several large files would not fit into memory."""
    async for piece in await blobs().get(media.blob_key(file.organization_id, file.id)):
        yield piece


def _upload_of(file: MediaFile, pieces: AsyncGenerator[bytes]) -> UploadFile:
    return UploadFile(pieces, file.size_bytes or 0, file.mime_type or UNKNOWN, file.file_name or str(file.id))
