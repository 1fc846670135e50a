"""POST /functions/v1/order-correct-payment: correct a payment or refund that was entered wrong.

Works for shipped, delivered and cancelled orders too, where otherwise payments only go forward and refunds only grow.
The refund stays within the paid amount. The audit trail records `orders.correct_payment`, with the values before and
after.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.domain.orders import service
from shared.domain.orders.models import OrderPayment
from shared.domain.orders.service import RefundExceedsPaid
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.errors import NotFound
from shared.kernel.scalars import EXACT


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"order_id": "00000000-0000-0000-0000-000000000001", "payment_status": "paid"}]
        },
    )

    order_id: UUID
    payment_status: Literal["unpaid", "partially_paid", "paid"] | None = Field(
        default=None, description="The correct status. Default: unchanged. Set refunded on the order, as a step."
    )
    refund_amount: Annotated[Decimal | None, Field(ge=0, le=99_999_999_999), EXACT] = Field(
        default=None, description="The total refund, in the order's currency. Default: unchanged."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.payment_status is None and self.refund_amount is None:
            raise ValueError("give payment_status, refund_amount or both")
        return self


@endpoint(Body, tag="Orders", access=MEMBERS, scope="admin", refusals=(NotFound, RefundExceedsPaid))
async def handler(call: Call, body: Body) -> OrderPayment:
    return await service.correct_payment(
        call.tx, order_id=body.order_id, payment_status=body.payment_status, refund_amount=body.refund_amount
    )
