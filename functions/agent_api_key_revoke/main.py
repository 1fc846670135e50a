"""POST /functions/v1/agent-api-key-revoke: revoke an API key; its tokens stop working at once, on every surface."""

from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict

from shared.auth import service
from shared.edge import PEOPLE, Call, endpoint


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"id": "00000000-0000-0000-0000-000000000001"}]}
    )

    id: UUID


class Revoked(msgspec.Struct, frozen=True):
    id: UUID
    is_active: bool


@endpoint(Body, tag="Agents", access=PEOPLE, scope="manage")
async def handler(call: Call, body: Body) -> Revoked:
    await service.revoke_key(call.tx, key_id=body.id)
    return Revoked(id=body.id, is_active=False)
