"""An e-mail address in a body: cleaned as everywhere else, then checked."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, EmailStr, Field

from shared.kernel import emails

_LONGEST_WRITTEN = 1000
"""Characters with the text around an address; cleaning costs more than its length."""


def _cleaned(given: Any) -> Any:
    return emails.clean(given) if isinstance(given, str) and len(given) <= _LONGEST_WRITTEN else given


def _address(cleaned: str) -> str:
    if not emails.is_address(cleaned):
        raise ValueError("is not an e-mail address")
    return cleaned


Address = Annotated[EmailStr, Field(max_length=254), BeforeValidator(_cleaned), AfterValidator(_address)]
