"""POST /functions/v1/wa-es-callback: finish WhatsApp Embedded Signup: exchange its code, connect the number.

The sign-up window gives `code`, `waba_id` and `phone_number_id` to the page that opened it.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.channels import connection
from shared.domain.channels.connection import Requester, SecretText
from shared.domain.channels.models import ChannelView
from shared.edge import MEMBERS, Call, endpoint


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"code": "AQ-none", "waba_id": "1"}]}
    )

    code: Annotated[SecretText, Field(description="Valid once, for a few minutes.")]
    waba_id: Annotated[str, Field(pattern="^[0-9]{1,32}$", description="The WhatsApp Business account.")]
    phone_number_id: Annotated[
        str | None, Field(pattern="^[0-9]{1,32}$", description="Optional if the account has one number.")
    ] = None
    pin: Annotated[
        str | None, Field(pattern="^[0-9]{6}$", description="Registers the number for the Cloud API with this PIN.")
    ] = None
    redirect_uri: Annotated[str | None, Field(max_length=2048, description="If the sign-up had one.")] = None


@endpoint(
    Body,
    tag="Integrations",
    access=MEMBERS,
    scope="admin",
    tx="own",
    refusals=(*connection.REFUSALS, connection.EmbeddedSignupNotConfigured, connection.WhichNumber),
)
async def handler(call: Call, body: Body) -> ChannelView:
    requester = Requester(call.principal, call.request_id)
    access = await connection.exchange_code(code=body.code.get_secret_value(), redirect_uri=body.redirect_uri)
    return await connection.connect_whatsapp(
        requester, waba_id=body.waba_id, phone_number_id=body.phone_number_id, access=access, pin=body.pin
    )
