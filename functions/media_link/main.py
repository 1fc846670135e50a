"""GET /functions/v1/media-link: get an address for a file of a conversation, valid for a few minutes.

Everybody with the address can read the file: do not store it, get a new one.
"""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.domain.media import service
from shared.domain.media.models import MediaLink
from shared.edge import MEMBERS, Call, endpoint


class Query(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"id": "00000000-0000-0000-0000-000000000001"}]}
    )

    id: UUID


@endpoint(Query, tag="Messages", method="GET", access=MEMBERS, scope="read", tx="read")
async def handler(call: Call, query: Query) -> MediaLink:
    return await service.link(await service.get_media(call.tx, media_id=query.id))
