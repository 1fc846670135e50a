"""The Prefer header: what a client would like, as far as it was understood."""

from enum import StrEnum

import msgspec


class Return(StrEnum):
    REPRESENTATION = "representation"
    MINIMAL = "minimal"
    HEADERS_ONLY = "headers-only"


class Count(StrEnum):
    EXACT = "exact"
    PLANNED = "planned"
    ESTIMATED = "estimated"


class Resolution(StrEnum):
    MERGE = "merge-duplicates"
    IGNORE = "ignore-duplicates"


class Missing(StrEnum):
    DEFAULT = "default"
    NULL = "null"


class Handling(StrEnum):
    STRICT = "strict"
    LENIENT = "lenient"


class Ending(StrEnum):
    COMMIT = "commit"
    ROLLBACK = "rollback"


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """None where a preference was not sent, or not understood."""

    resolution: Resolution | None = None
    missing: Missing | None = None
    returned: Return | None = None
    count: Count | None = None
    tx: Ending | None = None
    """Only where the settings let a request choose."""
    handling: Handling | None = None
    timezone: str | None = None
    """One that the database knows."""
    max_affected: int | None = None

    @property
    def strict(self) -> bool:
        return self.handling is Handling.STRICT
