"""POST /functions/v1/agent-auth: exchange an agent's API key for a one-hour token.

Also an OAuth 2 token endpoint for grant_type=client_credentials (RFC 6749 section 4.4): the key is the client secret,
its prefix the client id, in the form or by HTTP Basic. There is no refresh token: exchange the key again.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from shared.auth import oauth
from shared.auth.agents import InvalidKey, TooManyAttempts
from shared.auth.passwords import HashingBusy
from shared.edge import ANYONE, Call, endpoint
from shared.quotas.rates import KEY_EXCHANGE


class Body(BaseModel):
    """Either `api_key`, or the parameters of the OAuth grant."""

    model_config = ConfigDict(extra="ignore")

    api_key: Annotated[str | None, Field(max_length=4096, description="nxs_ak_ and 48 letters or digits.")] = None
    grant_type: Annotated[str | None, Field(max_length=100)] = None
    client_id: Annotated[str | None, Field(max_length=255)] = None
    client_secret: Annotated[str | None, Field(max_length=4096)] = None
    scope: Annotated[str | None, Field(max_length=255)] = None
    resource: Annotated[str | None, Field(max_length=2048, description="RFC 8707: the MCP endpoint's URL.")] = None


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """Only the OAuth form has `token_type` and `scope`."""

    access_token: str
    organization_id: UUID
    expires_in: int
    token_type: str | None = None
    scope: str | None = None


@endpoint(
    Body,
    tag="Agents",
    access=ANYONE,
    rate=KEY_EXCHANGE,
    tx="own",
    form=True,
    refusals=(InvalidKey, TooManyAttempts, HashingBusy, *oauth.REFUSALS),
)
async def handler(call: Call, body: Body) -> Token:
    grant = oauth.read_grant(
        api_key=body.api_key,
        grant_type=body.grant_type,
        client=(body.client_id, body.client_secret),
        authorization=call.request.headers.get("authorization"),
        resource=body.resource,
    )
    issued = await oauth.issue(grant, scope=body.scope, ip=call.address, request_id=call.request_id)
    return Token(
        access_token=issued.access_token,
        organization_id=issued.organization_id,
        expires_in=issued.expires_in,
        token_type="Bearer" if grant.is_oauth else None,
        scope=" ".join(issued.scopes) if grant.is_oauth else None,
    )
