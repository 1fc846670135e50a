"""POST /functions/v1/agent-api-key-create: create an agent of the organization, with one API key.

Only this answer contains the key. Its scopes never exceed the plan's; each scope includes those below it.
"""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from shared.auth import service
from shared.auth.passwords import HashingBusy
from shared.edge import PEOPLE, Call, endpoint
from shared.kernel.clock import rfc3339
from shared.kernel.timestamps import Timestamp
from shared.kernel.visible import VISIBLE, InvisibleText


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"name": "Layla"}]}
    )

    name: Annotated[
        str, Field(min_length=1, max_length=100, description="The agent's name, as people see it."), VISIBLE
    ]
    scopes: Annotated[list[Literal["read", "write", "admin"]], Field(min_length=1, max_length=3)] = ["read"]
    expires_at: Annotated[Timestamp | None, Field(description="Default: never.")] = None
    agent_platform: Annotated[str, Field(min_length=1, max_length=50), VISIBLE] = "custom"


class Created(msgspec.Struct, frozen=True):
    api_key: str
    key_prefix: str
    id: UUID
    agent_id: UUID
    organization_id: UUID
    name: str
    scopes: list[str]
    expires_at: str | None
    message: str


@endpoint(Body, tag="Agents", access=PEOPLE, scope="manage", status=201, refusals=(HashingBusy, InvisibleText))
async def handler(call: Call, body: Body) -> Created:
    made = await service.create_key(
        call.tx,
        name=body.name,
        platform=body.agent_platform,
        scopes=list(body.scopes),
        expires_at=body.expires_at,
        share=f"organization:{call.principal.organization_id}",
    )
    return Created(
        api_key=made.raw,
        key_prefix=made.key.key_prefix,
        id=made.key.id,
        agent_id=made.key.agent_id,
        organization_id=made.key.organization_id,
        name=made.key.name,
        scopes=made.key.scopes,
        expires_at=rfc3339(made.key.expires_at) if made.key.expires_at else None,
        message="store the key now: it is returned once",
    )
