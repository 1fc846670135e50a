"""Organizations as their members see them."""

from datetime import datetime
from uuid import UUID

import msgspec


class Organization(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    plan_code: str
    timezone: str
    country: str
    currency: str
    created_at: datetime
