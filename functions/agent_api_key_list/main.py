"""GET /functions/v1/agent-api-key-list: list the organization's API keys, newest first, without the keys themselves."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.auth import service
from shared.auth.models import AgentKey
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.pagination import DEFAULT_LIMIT, MAX_LIMIT, InvalidCursor, Page


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=512, description="next_cursor of the previous page.")] = None
    include_revoked: bool = False


@endpoint(Query, tag="Agents", method="GET", access=MEMBERS, scope="read", tx="read", refusals=(InvalidCursor,))
async def handler(call: Call, query: Query) -> Page[AgentKey]:
    return await service.list_keys(
        call.tx, limit=query.limit, cursor=query.cursor, include_revoked=query.include_revoked
    )
