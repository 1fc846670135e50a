"""POST /functions/v1/organization-create: create an organization with the signed-in person as its owner.

The next token names it: refresh the session before the next call.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from shared.edge import PEOPLE, Call, endpoint
from shared.kernel.clock import UnknownTimeZone
from shared.kernel.countries import UnknownCountry
from shared.kernel.money import UnknownCurrency
from shared.kernel.structs import fields_of
from shared.kernel.visible import VISIBLE, InvisibleText
from shared.tenancy import service


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=200), VISIBLE]
    timezone: Annotated[str, Field(max_length=64, description="IANA name.")] = "Africa/Cairo"
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")] = "EG"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217.")] = "EGP"


class Created(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    plan_code: str
    timezone: str
    country: str
    currency: str
    org_role: str
    message: str


@endpoint(
    Body,
    tag="Auth",
    access=PEOPLE,
    status=201,
    refusals=(
        service.AnonymousAccount,
        service.TooManyOrganizations,
        UnknownCountry,
        UnknownCurrency,
        UnknownTimeZone,
        InvisibleText,
    ),
)
async def handler(call: Call, body: Body) -> Created:
    made = await service.create_organization(
        call.tx, name=body.name, timezone=body.timezone, country=body.country, currency=body.currency
    )
    return Created(
        **fields_of(Created, made),
        org_role="owner",
        message="refresh the session: the next token names this organization",
    )
