"""POST /functions/v1/agent-register: create a free organization for an agent, with its first API key.

No e-mail is verified and nobody has to agree. Only this answer contains the key; exchange it at agent-auth for a token.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from shared.auth import agents
from shared.auth.models import PlanLimits
from shared.auth.passwords import HashingBusy
from shared.edge import ANYONE, Call, endpoint
from shared.kernel.visible import VISIBLE, InvisibleText
from shared.quotas.rates import REGISTRATION
from shared.runtime.settings import settings

from .addresses import Address


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    agent_name: Annotated[
        str, Field(min_length=1, max_length=100, description="The agent's name, as people see it."), VISIBLE
    ]
    agent_platform: Annotated[
        str, Field(min_length=1, max_length=50, pattern=r"^[\w .:/-]+$", description="Its platform, e.g. claude.")
    ]
    owner_email: Annotated[Address, Field(description="The person responsible for the agent.")]
    organization_name: Annotated[str, Field(min_length=1, max_length=200), VISIBLE]
    plan: Annotated[str, Field(pattern="^free$", description="Registration always gives the free plan.")] = "free"


class NewAgent(msgspec.Struct, frozen=True):
    api_key: str
    key_prefix: str
    organization_id: UUID
    agent_id: UUID
    scopes: list[str]
    plan: str
    limits: PlanLimits
    token_endpoint: str
    mcp_endpoint: str
    message: str


@endpoint(
    Body, tag="Agents", access=ANYONE, rate=REGISTRATION, tx="own", status=201, refusals=(HashingBusy, InvisibleText)
)
async def handler(call: Call, body: Body) -> NewAgent:
    made = await agents.register(
        agent_name=body.agent_name,
        platform=body.agent_platform,
        owner_email=body.owner_email,
        organization_name=body.organization_name,
        ip=call.address,
        request_id=call.request_id,
    )
    functions = f"{settings().base_url}/functions/v1"
    return NewAgent(
        api_key=made.api_key,
        key_prefix=made.key_prefix,
        organization_id=made.registration.organization_id,
        agent_id=made.registration.agent_id,
        scopes=made.registration.scopes,
        plan=made.registration.plan,
        limits=made.registration.limits,
        token_endpoint=f"{functions}/agent-auth",
        mcp_endpoint=f"{functions}/mcp-server",
        message="store the key now: it is shown once. Exchange it at token_endpoint for a one-hour token.",
    )
