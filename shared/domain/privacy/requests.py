"""The person that a request to export or to erase names."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator


class PersonRequest(BaseModel):
    """A person, named by a contact or by an identity."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"customer_id": "00000000-0000-0000-0000-000000000001"}]}
    )

    customer_id: UUID | None = None
    identity: str | None = Field(
        default=None,
        min_length=6,
        max_length=254,
        description="In place of customer_id: a phone number, a local one too, an e-mail address or a channel's id.",
    )

    @model_validator(mode="after")
    def _names_one_person(self) -> Self:
        if (self.customer_id is None) == (self.identity is None):
            raise ValueError("send one of customer_id and identity")
        return self
