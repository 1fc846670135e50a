"""POST /functions/v1/save-page-credentials: connect a Facebook page, its Instagram account, or an Instagram login.

Meta says who owns the token, and its webhooks are turned on; the token is stored sealed, and no function returns it.
"""

from typing import Annotated, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from shared.domain.channels import connection
from shared.domain.channels.connection import Requester, SecretText
from shared.domain.channels.models import ChannelView
from shared.edge import MEMBERS, Call, endpoint


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"access_token": "EAAG-none"}]}
    )

    access_token: SecretText
    login: Annotated[
        Literal["page", "instagram"], Field(description="page: a page token. instagram: from Instagram Login.")
    ] = "page"
    with_instagram: Annotated[StrictBool, Field(description="Also connect the page's Instagram account.")] = True


class Connected(msgspec.Struct, frozen=True):
    channels: list[ChannelView]


@endpoint(
    Body,
    tag="Integrations",
    access=MEMBERS,
    scope="admin",
    tx="own",
    refusals=connection.REFUSALS,
)
async def handler(call: Call, body: Body) -> Connected:
    requester, token = Requester(call.principal, call.request_id), body.access_token.get_secret_value()
    if body.login == "instagram":
        return Connected([await connection.connect_instagram(requester, token=token)])
    return Connected(await connection.connect_page(requester, token=token, with_instagram=body.with_instagram))
