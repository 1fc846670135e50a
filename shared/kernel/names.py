"""Bodies whose names are written in camelCase or in snake_case."""

from uuid import UUID

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .errors import NotFound


def _snake_first(name: str) -> AliasChoices:
    return AliasChoices(name, to_camel(name))


def _camel_first(name: str) -> AliasChoices:
    return AliasChoices(to_camel(name), name)


class EitherCase(BaseModel):
    """Every name may be written in snake_case, as documents and refusals have it, or in camelCase."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        alias_generator=AliasGenerator(validation_alias=_snake_first, serialization_alias=str),
    )

    organization_id: UUID | None = None
    """Any other organization than the credential's is answered like a missing one."""

    def check_organization(self, organization_id: UUID | None) -> None:
        """Raise NotFound if the body names another organization than the caller's."""
        if self.organization_id not in {None, organization_id}:
            raise NotFound


class CamelCase(EitherCase):
    """The same, documented in camelCase."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=_camel_first, serialization_alias=str))
