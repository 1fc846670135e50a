"""Parts of a statement: quoted names, and values that are sent as parameters."""

from typing import Any, Literal

from shared.platform.rest import errors
from shared.platform.rest.schema import Name

_STANDARD = {
    "bigint": "int8",
    "boolean": "bool",
    "char": "bpchar",
    "character": "bpchar",
    "character varying": "varchar",
    "dec": "numeric",
    "decimal": "numeric",
    "double precision": "float8",
    "float": "float8",
    "int": "int4",
    "integer": "int4",
    "real": "float4",
    "smallint": "int2",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
}
"""Names of types in SQL's grammar that differ from those of the catalog."""

BODY = "body"
"""The parameter that holds the request's body."""


class Writer:
    """Collects the parameters of one statement."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._shared: dict[tuple[Any, str], str] = {}

    def value(self, value: str | bytes) -> str:
        """Add a parameter of unknown type, which Postgres reads by its context."""
        if isinstance(value, str) and "\0" in value:
            raise errors.has_nul()
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"

    def body(self, text: str) -> str:
        """Add the request's body under a name of its own, so that another body of the same shape can take its place."""
        self.params[BODY] = text
        return f"%({BODY})s"

    def shared(self, value: str, of_type: Literal["int", "text"]) -> str:
        """Use one parameter for equal values, so that expressions which contain them are equal too."""
        key = (value, of_type)
        if key not in self._shared:
            self._shared[key] = f"{self.value(value)}::{of_type}"
        return self._shared[key]

    def array(self, values: tuple[str, ...]) -> str:
        """Add an array literal, whose elements Postgres reads by their context."""
        quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
        return self.value("{" + ",".join(f'"{element}"' for element in quoted) + "}")

    def cut(self, limit: int | None, offset: int) -> str:
        """Write LIMIT and OFFSET, where there are any.

        The limit is text, because it is part of what is planned (0012).
        """
        most = f" LIMIT {limit:d}" if limit is not None else ""
        return most + (f" OFFSET {self.value(str(offset))}" if offset else "")


def quoted(identifier: str) -> str:
    doubled = identifier.replace('"', '""').replace("%", "%%")
    return f'"{doubled}"'


def qualified(name: Name) -> str:
    return f"{quoted(name.schema)}.{quoted(name.name)}"


def literal_type(written: str) -> str:
    """Return a type as the catalog writes it, which needs no more quoting."""
    return written.replace("%", "%%")


def cast_type(type_name: str) -> str:
    """Return a type that a request names, as a quoted name of the catalog."""
    return quoted(_STANDARD.get(" ".join(type_name.lower().split()), type_name))
