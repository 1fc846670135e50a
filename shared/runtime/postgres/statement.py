"""What is sent to the database, and what comes back; of the driver nothing is needed to say so."""

from typing import Any, NamedTuple


class Statement(NamedTuple):
    """SQL with `%(name)s` placeholders and their values."""

    sql: str
    params: dict[str, Any]
    ad_hoc: bool = False
    """Made from a client's query: it stays prepared while it is among the last that were used, and displaces none of
    ours."""


class Rows(NamedTuple):
    columns: list[str]
    values: list[tuple[Any, ...]]
    changed: int
    """How many rows a writing statement touched."""
