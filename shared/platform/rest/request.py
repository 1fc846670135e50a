"""From an HTTP request to all that it asks for: parsed, checked against the settings, looked up nowhere."""

from enum import StrEnum

import msgspec

from .media import Media
from .payload import Payload
from .preferences import Preferences
from .query import Page, Query
from .settings import RestSettings


class Incoming(msgspec.Struct, frozen=True):
    """`path` begins after the interface's own prefix and is still percent-encoded, as is `query`.

    `headers` have names in lower case, in the order in which they came; one may repeat.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


class Action(StrEnum):
    READ = "read"
    INSERT = "insert"
    UPDATE = "update"
    PUT = "put"
    DELETE = "delete"
    CALL = "call"
    DESCRIBE = "describe"
    """GET and HEAD of the root: the OpenAPI description."""
    INFO = "info"
    """OPTIONS: what may be done to the target."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`target` is the table's or the function's name, empty for the root."""

    action: Action
    method: str
    path: str
    schema: str
    target: str
    query: Query
    page: Page
    """Of the top: `limit`, `offset` and the Range header in one, with the settings' default; not yet the most rows."""
    preferences: Preferences
    media: Media
    payload: Payload | None
    headers: dict[str, str]
    """By lower-case name, without cookies, as the SQL side sees them."""
    cookies: dict[str, str]
    is_function: bool = False

    @property
    def head(self) -> bool:
        return self.method == "HEAD"

    @property
    def reads(self) -> bool:
        """Whether the method itself promises to change nothing."""
        return self.method in ("GET", "HEAD")


def read(incoming: Incoming, settings: RestSettings, time_zones: frozenset[str]) -> Request:
    """The request as a whole.

    Raises:
        RestRefusal: PGRST100, 101, 102, 103, 106, 107, 114, 117, 122, 125, 126.
    """
    raise NotImplementedError
