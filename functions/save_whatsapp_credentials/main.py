"""POST /functions/v1/save-whatsapp-credentials: connect a WhatsApp number with its access token.

Meta says who owns the number, and its webhooks are turned on; the token is stored sealed, and no function returns it. A
second call renews the token.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.channels import connection
from shared.domain.channels.connection import Requester, SecretText
from shared.domain.channels.models import ChannelView
from shared.edge import MEMBERS, Call, endpoint
from shared.providers.meta.answers import Access


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"waba_id": "1", "access_token": "EAAG-none"}]},
    )

    waba_id: Annotated[str, Field(pattern="^[0-9]{1,32}$", description="The WhatsApp Business account.")]
    phone_number_id: Annotated[
        str | None, Field(pattern="^[0-9]{1,32}$", description="Optional if the account has one number.")
    ] = None
    access_token: Annotated[SecretText, Field(description="A system user's token.")]
    pin: Annotated[
        str | None, Field(pattern="^[0-9]{6}$", description="Registers the number for the Cloud API with this PIN.")
    ] = None


@endpoint(
    Body,
    tag="Integrations",
    access=MEMBERS,
    scope="admin",
    tx="own",
    refusals=(*connection.REFUSALS, connection.WhichNumber),
)
async def handler(call: Call, body: Body) -> ChannelView:
    return await connection.connect_whatsapp(
        Requester(call.principal, call.request_id),
        waba_id=body.waba_id,
        phone_number_id=body.phone_number_id,
        access=Access(body.access_token.get_secret_value(), expires_in=None),
        pin=body.pin,
    )
