"""POST /functions/v1/retry-set-aside: retry now what was set aside, for an organization, a queue, or all.

For the operator, after a fault was fixed. Other work that was set aside is retried automatically, after pauses that
grow to a day; messages are not, since they may be out of date by then. Each organization sees its own rows in
`set_aside`.
"""

from typing import Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict

from shared.edge import SERVICE_ONLY, Call, endpoint
from shared.runtime import set_aside


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    organization_id: UUID | None = None
    queue: Literal["webhooks", "messages", "files", "names", "tokens"] | None = None


class Retried(msgspec.Struct, frozen=True):
    pieces: int


@endpoint(Body, tag="Automation", access=SERVICE_ONLY)
async def handler(call: Call, body: Body) -> Retried:
    return Retried(await set_aside.retry(call.tx, organization_id=body.organization_id, queue=body.queue))
