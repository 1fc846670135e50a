"""Times as arguments of functions and tools: one type for all."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from .clock import within_years, written

Moment = Annotated[AwareDatetime, BeforeValidator(written), AfterValidator(within_years)]
"""An RFC 3339 time with its zone."""
