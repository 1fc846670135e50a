"""POST /functions/v1/agent-api-key-rotate: give an agent a new key; the old one still works during an overlap.

Name, scopes and expiry stay. With an overlap of 0 the old key and its tokens stop at once.
"""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from shared.auth import service
from shared.auth.passwords import HashingBusy
from shared.edge import PEOPLE, Call, endpoint

_WEEK_S = 7 * 86_400


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"id": "00000000-0000-0000-0000-000000000001"}]}
    )

    id: UUID
    overlap_s: Annotated[
        StrictInt, Field(ge=0, le=_WEEK_S, description="Seconds; by default a day, at most a week.")
    ] = 86_400


class Rotated(msgspec.Struct, frozen=True):
    api_key: str
    key_prefix: str
    id: UUID
    replaces: UUID
    scopes: list[str]
    message: str


@endpoint(Body, tag="Agents", access=PEOPLE, scope="manage", status=201, refusals=(service.KeyNotUsable, HashingBusy))
async def handler(call: Call, body: Body) -> Rotated:
    share = f"organization:{call.principal.organization_id}"
    made = await service.rotate_key(call.tx, key_id=body.id, overlap=timedelta(seconds=body.overlap_s), share=share)
    return Rotated(
        api_key=made.raw,
        key_prefix=made.key.key_prefix,
        id=made.key.id,
        replaces=body.id,
        scopes=made.key.scopes,
        message="store the key now: it is returned once",
    )
