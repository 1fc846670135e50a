"""The extremes of every column that callers read: what the database must refuse, and what it may take."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from tests.schema.rows import Row, Rows, insertion
from tests.schema.tables import Database, Table

ARABIC, ASTRAL, HIDDEN = "محمّد بن الراشد ١٢٣ لله", "𝔐🧿👨‍👩‍👧‍👦🇪🇬", "a\u202egnp.exe\u2066\u200b\ufeff\u0301"
WORDS = [
    "", " ", "\t\r\n", "\x01\x1b[31m\x7f", "\u2028\u2029\u0085", "\ufffe\uffff", "\U0010ffff", ARABIC, ASTRAL, HIDDEN,
    "'; DROP TABLE labels; --", '"}],"next_cursor":"x', "<script>alert(1)</script>", "NaN", "null", "%s%(x)s\\u0000\\",
]  # fmt: skip

FORMS = [
    "https://example.com/a.png",
    "https://example.com/" + "ا" * 500,
    "#a1B2c3", "a@b.c", "a" * 64 + "@" + "b" * 185 + ".com", "+1234567", "+123456789012345", "EGP", "EG", "0" * 64,
    "A_B", "nxs_ak_00000000", "total", "2026-01", "x.y", "customer.created",
]  # fmt: skip
"""What columns of one form take."""


def nested(levels: int) -> Any:
    """Objects within each other, the innermost empty."""
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"a": found}
    return found


REFUSED: dict[str, list[Any]] = {
    "timestamptz": [
        "infinity", "-infinity", "294276-12-31T23:59:59Z", "4714-11-24 00:00:00+00 BC", "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z", "1899-12-31T23:59:59.999999Z", "2201-01-01T00:00:00Z",
    ],
    "date": ["infinity", "-infinity", "5874897-12-31", "4714-11-24 BC", "9999-12-31", "1899-12-31", "2201-01-01"],
    "numeric": ["NaN", "Infinity", "-Infinity", "100000000000", "1e30"],
    "_text": [[None], ["a", None], [["a"], ["b"]], ["x"] * 1001, ["x" * 2001]],
    "jsonb": [
        1, True, None, "text", nested(40), {"a": "x" * 2**20}, {"a": 10**400}, {"a": [-(10**310)]},
    ],
}  # fmt: skip
"""Whatever the column is for."""
NO_OBJECTS: list[Any] = [[[1]], [1, 2], ["x", {}], [[{}]], [None]]
"""Refused where a list is to hold objects."""

TAKEN: dict[str, list[Any]] = {
    "timestamptz": ["1900-01-01T00:00:00Z", "2200-12-31T23:59:59.999999Z", "2026-02-28T23:59:59.999999+14:00"],
    "date": ["1900-01-01", "2200-12-31"],
    "numeric": ["0", "0.001", "99999999999.999", "-1", "-99999999999"],
    "int2": [0, 1, -1, 2**15 - 1, -(2**15)],
    "int4": [0, 1, -1, 2**31 - 1, -(2**31)],
    "int8": [0, 1, -1, 2**63 - 1, -(2**63)],
    "bool": [True, False],
    "_text": [[], [""], ["x"] * 50, ["ﷺ" * 100] * 50, [ARABIC, ASTRAL, HIDDEN, '"{}\\,', "NULL"]],
    "jsonb": [
        {}, [], [{}], [{"a": None}] * 100, {"": ""}, {ARABIC: ASTRAL, HIDDEN: [None, True]}, nested(8), nested(32),
        [nested(30)], {"a": 2**63}, {"a": 10**299, "b": -(10**299), "c": 1e-300, "d": 0.1}, {"a": "x" * 4000},
        {"a": "x" * 16_000}, {"a": "ﷺ" * 5000}, [{"a": "x" * 60_000}], {"a": "x" * 60_000}, {"a": "x" * 500_000},
        {"line1": 1, "city": ["Cairo"], "country": {"a": 1}},
    ],
}  # fmt: skip
"""Some columns take less: what one takes, every reader must read."""


class Field(NamedTuple):
    """A column and what may be tried in it."""

    table: str
    column: str
    kind: str
    labels: Sequence[str]
    checks: list[str]

    def may_be_taken(self) -> list[Any]:
        if self.labels:
            return list(self.labels)
        if self.kind != "text":
            return TAKEN.get(self.kind, [])
        return self._long() + (FORMS if any("~" in check for check in self.checks) else []) + WORDS

    def must_be_refused(self) -> list[Any]:
        of_objects = any("list of objects" in check for check in self.checks)
        return REFUSED.get(self.kind, []) + (NO_OBJECTS if of_objects else [])

    def _long(self) -> list[Any]:
        """As long as it may be, and one more."""
        bounds = {int(found) for check in self.checks for found in re.findall(r"length\(\w+\) <= (\d+)", check)}
        return [text for most in bounds or {10_000} for text in ("x" * most, "🧿" * most, "ﷺ" * (most + 1))]

    def stored(self, value: Any) -> Any:
        return Jsonb(value, dumps=_dumped) if self.kind == "jsonb" else value


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_FIELDS = """
    SELECT c.relname::text, a.attname::text, t.typname::text,
      coalesce((
        SELECT array_agg(pg_get_constraintdef(k.oid)) FROM pg_constraint k
        WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey @> array[a.attnum]
      ), '{}')
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = '' AND t.typname <> 'uuid'
      AND c.relname <> ALL ('{plans,organizations,audit_events,audit_values}')
      AND has_column_privilege('authenticated', c.oid, a.attnum, 'SELECT')
    ORDER BY c.relname, a.attnum
"""


def read_fields(database: Database, tables: Mapping[str, Table]) -> list[Field]:
    """Return every column that callers may read, but for ids, and for what is written by migrations or of the trail."""
    labels = {(table.name, each.name): each.labels for table in tables.values() for each in table.columns}
    return [
        Field(table, column, kind, labels[table, column], checks)
        for table, column, kind, checks in database.execute(_FIELDS)
    ]


class Writing:
    """Writes one row for each extreme, as the schema's owner, whom no grant but every CHECK and trigger holds."""

    def __init__(self, database: Database, tables: Mapping[str, Table], organization: Any) -> None:
        self._database = database
        self._rows = Rows(database, tables)
        self._organization = organization
        self._parents: dict[str, Row] = {}

    def write(self, field: Field, value: Any) -> str | None:
        """Return why the database refused it; None where the row is there."""
        for fresh in (False, True):
            values = {**self._values(field.table, fresh=fresh), field.column: field.stored(value)}
            try:
                self._database.execute(insertion(field.table, values), values)
            except psycopg.errors.UniqueViolation as error:
                if fresh:
                    return str(error)
            except psycopg.Error as error:
                return str(error)
            else:
                return None
        raise AssertionError

    def _values(self, table: str, *, fresh: bool) -> Row:
        """Of all rows of a table the same parents, unless they must differ."""
        if fresh or table not in self._parents:
            self._parents[table] = self._rows.values(table, self._organization)
        return dict(self._parents[table])
