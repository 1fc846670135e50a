"""POST /functions/v1/media-upload: upload a file to send; the body is the file's bytes.

`kind` and `file_name` are in the query, the file's type in Content-Type. A second upload of the same file returns the
first one.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from shared.domain.media import service
from shared.domain.media.models import MediaKind, MediaLink
from shared.edge import MEMBERS, Call, surface
from shared.edge.documentation import BYTES, Description
from shared.edge.response import encoded
from shared.edge.routing import ANY, DATABASE, Route, Routes, answer, as_declared
from shared.kernel import json
from shared.kernel.errors import Forbidden, Refusal
from shared.runtime.blobs import BlobsNotConfigured

from .upload import erase_if_refused, read_upload


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["image", "video", "audio", "document", "sticker"]
    file_name: Annotated[str | None, Field(max_length=240, description="The name that the receiver sees.")] = None


async def upload(call: Call, *, query: Query) -> Response:
    """Upload a file to send; the body is the file's bytes."""
    organization_id, media_id, kind = call.principal.organization_id, service.new_id(), MediaKind(query.kind)
    if organization_id is None:
        raise Forbidden
    stored = await read_upload(call.request, organization_id=organization_id, media_id=media_id, kind=kind)
    async with erase_if_refused(organization_id, media_id), call.begin("write") as tx:
        media = await service.keep_upload(tx, media_id=media_id, kind=kind, name=query.file_name, stored=stored)
    if media.id != media_id:
        await service.erase(organization_id, media_id)
    link: MediaLink = await service.link(media)
    return encoded(json.encode(link), status=201 if media.id == media_id else 200)


_REFUSALS: tuple[type[Refusal], ...] = (service.UnknownFileType, service.EmptyFile, BlobsNotConfigured, *DATABASE)
ROUTES = Routes(
    "",
    [
        Route(
            "POST",
            ANY,
            upload,
            as_declared,
            query=Query,
            result=MediaLink,
            status=201,
            refusals=_REFUSALS,
            described=Description(
                takes={"*/*": BYTES}, answers={200: "The file existed already.", 201: "The file is stored."}
            ),
        )
    ],
)


@surface(tag="Messages", method="POST", access=MEMBERS, scope="write", routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
