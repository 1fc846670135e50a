"""The type of times in the arguments of functions and tools."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from .clock import within_years, written

Timestamp = Annotated[AwareDatetime, BeforeValidator(written), AfterValidator(within_years)]
"""An RFC 3339 time with its zone."""
