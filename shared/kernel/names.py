"""Bodies whose names are written in camelCase or in snake_case."""

from uuid import UUID

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .errors import NotFound


def _either(name: str) -> AliasChoices:
    return AliasChoices(to_camel(name), name)


class EitherCase(BaseModel):
    """Every name may be written in camelCase or in snake_case."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        alias_generator=AliasGenerator(validation_alias=_either, serialization_alias=str),
    )

    organization_id: UUID | None = None
    """Any other organization than the credential's is answered like a missing one."""

    def check_organization(self, organization_id: UUID | None) -> None:
        """Raise NotFound if the body names another organization than the caller's."""
        if self.organization_id not in {None, organization_id}:
            raise NotFound
