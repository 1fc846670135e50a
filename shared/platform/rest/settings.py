"""PostgREST's settings, with PostgREST's meaning; the host gives them, and functions pass them on explicitly."""

from enum import StrEnum

import msgspec


class TxEnd(StrEnum):
    """How each transaction ends, and whether `Prefer: tx=` may change it."""

    COMMIT = "commit"
    COMMIT_ALLOW_OVERRIDE = "commit-allow-override"
    ROLLBACK = "rollback"
    ROLLBACK_ALLOW_OVERRIDE = "rollback-allow-override"

    @property
    def overridable(self) -> bool:
        return self in (TxEnd.COMMIT_ALLOW_OVERRIDE, TxEnd.ROLLBACK_ALLOW_OVERRIDE)

    @property
    def rolls_back(self) -> bool:
        return self in (TxEnd.ROLLBACK, TxEnd.ROLLBACK_ALLOW_OVERRIDE)


class OpenApiMode(StrEnum):
    FOLLOW_PRIVILEGES = "follow-privileges"
    IGNORE_PRIVILEGES = "ignore-privileges"
    DISABLED = "disabled"


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one request; None is no limit, as in PostgREST, which has none of these. See `bounds`."""

    query_bytes: int | None = None
    depth: int | None = None
    """Levels of embedded tables."""
    embeds: int | None = None
    """Embedded tables in total."""
    columns: int | None = None
    """Columns named in all of `select`, those of embedded tables included."""
    repeats: int | None = None
    """How often one column of one table may be selected, under any alias."""
    rows: int | None = None
    """Rows of the answer with everything embedded: the limits of each level, multiplied."""
    answer_bytes: int | None = None
    conditions: int | None = None
    nested: int | None = None
    """Groups of `and` and `or` within one another."""
    values: int | None = None
    """Values of one `in` or `any`."""
    terms: int | None = None
    """Words of one full text search."""
    pattern: int | None = None
    """Characters of a regular expression, which then may not refer back to a group."""
    written_rows: int | None = None
    """Rows of one body."""
    statement_ms: int | None = None
    """The longest time of each statement in the database."""


class RestSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The docstring of each field names its PGRST_* setting."""

    schemas: tuple[str, ...] = ("public",)
    """DB_SCHEMAS: those that requests may name; the first is the default."""
    extra_search_path: tuple[str, ...] = ("public",)
    """DB_EXTRA_SEARCH_PATH: schemas whose functions and types SQL may use, but requests may not name."""
    anonymous_role: str | None = None
    """DB_ANON_ROLE: the role of requests without a token; None refuses them."""
    pre_request: str | None = None
    """DB_PRE_REQUEST: a function, perhaps with its schema, called before each statement."""
    max_rows: int | None = None
    """DB_MAX_ROWS: the most rows of an answer and of each embed within it."""
    default_rows: int | None = None
    """How many rows are answered where the request does not say; PostgREST has no such setting."""
    estimates: bool = True
    """Whether `count=planned` may ask the planner; otherwise the rows are counted.

    The planner's statistics include rows that policies hide from the caller. PostgREST has no such setting.
    """
    guarded: bool = False
    """Whether an update or delete without a filter is refused, as the extension safeupdate does.

    PostgREST has no such setting.
    """
    exact_numbers: bool = False
    """Whether to refuse a number that its column would round, or whose notation is not decimal digits.

    PostgREST has no such setting.
    """
    plain_cells: bool = False
    """Whether a CSV cell that a spreadsheet would take for a formula begins with an apostrophe, numbers excepted.

    PostgREST has no such setting.
    """
    tx_end: TxEnd = TxEnd.COMMIT
    """DB_TX_END."""
    aggregates: bool = False
    """DB_AGGREGATES_ENABLED."""
    plan: bool = False
    """DB_PLAN_ENABLED: whether requests may ask for execution plans."""
    jwt_secret: str | None = None
    """JWT_SECRET: a secret, a JWK or a JWKS."""
    jwt_secret_is_base64: bool = False
    """JWT_SECRET_IS_BASE64."""
    jwt_audience: str | None = None
    """JWT_AUD."""
    jwt_role_claim_key: str = ".role"
    """JWT_ROLE_CLAIM_KEY: a path into the claims."""
    openapi_mode: OpenApiMode = OpenApiMode.FOLLOW_PRIVILEGES
    """OPENAPI_MODE."""
    openapi_security: bool = False
    """OPENAPI_SECURITY_ACTIVE: whether the description requires a token."""
    openapi_proxy_uri: str | None = None
    """OPENAPI_SERVER_PROXY_URI: where clients find the interface."""
    bounds: Bounds = Bounds()
    """PostgREST has no such settings."""
    statuses: tuple[tuple[str, int], ...] = ()
    """SQLSTATEs with another status than PostgREST's."""
    app_settings: tuple[tuple[str, str], ...] = ()
    """APP_SETTINGS_*: set as app.settings.<name> in each transaction."""
    allowed_origins: frozenset[str] = frozenset()
    """SERVER_CORS_ALLOWED_ORIGINS: empty allows every origin."""
