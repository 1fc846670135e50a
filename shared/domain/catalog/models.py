"""Items as an order sees them."""

from decimal import Decimal
from uuid import UUID

import msgspec


class SellableItem(msgspec.Struct, frozen=True):
    id: UUID
    is_active: bool
    currency: str
    """The organization's currency, in which `selling_price` is given."""
    sku: str | None = None
    selling_price: Decimal | None = None
