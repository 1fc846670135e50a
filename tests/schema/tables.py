"""What the catalogue says of the tables of schema public: columns, keys and what a valid row needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg

Database = psycopg.Connection[Any]


class Column(NamedTuple):
    name: str
    type: str
    required: bool
    labels: Sequence[str]
    """Of an enum, or of a CHECK that lists what it takes."""


class ForeignKey(NamedTuple):
    name: str
    columns: Sequence[str]
    target: str
    """With its schema where that is not public."""
    target_columns: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table, or a view, which has no key and whose rows are somebody else's."""

    name: str
    is_view: bool
    columns: list[Column]
    key: list[str]
    foreign_keys: list[ForeignKey] = field(default_factory=list)

    @property
    def has_organization(self) -> bool:
        return any(column.name == "organization_id" for column in self.columns)


_TABLES = """
    SELECT c.oid, c.relname, c.relkind IN ('v', 'm') AS is_view,
      coalesce((
        SELECT array_agg(a.attname::text ORDER BY k.ord)
        FROM pg_index i
        CROSS JOIN unnest(i.indkey::int[]) WITH ORDINALITY AS k (num, ord)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.num
        WHERE i.indrelid = c.oid AND i.indisprimary
      ), '{}') AS key
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    ORDER BY c.relname
"""

_COLUMNS = """
    SELECT a.attname::text, format_type(a.atttypid, a.atttypmod),
      a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = '',
      coalesce(
        (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = a.atttypid),
        '{}'
      ),
      coalesce((
        SELECT array_agg(pg_get_constraintdef(k.oid)) FROM pg_constraint k
        WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = array[a.attnum]
      ), '{}')
    FROM pg_attribute a
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""

_FOREIGN_KEYS = """
    SELECT k.conname::text,
      (SELECT array_agg(a.attname::text ORDER BY p.ord) FROM unnest(k.conkey) WITH ORDINALITY AS p (num, ord)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.num),
      CASE WHEN n.nspname = 'public' THEN t.relname::text ELSE n.nspname || '.' || t.relname END,
      (SELECT array_agg(a.attname::text ORDER BY p.ord) FROM unnest(k.confkey) WITH ORDINALITY AS p (num, ord)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.num)
    FROM pg_constraint k
    JOIN pg_class t ON t.oid = k.confrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE k.conrelid = %s AND k.contype = 'f'
    ORDER BY k.conname
"""


def read_tables(database: Database) -> dict[str, Table]:
    """Return every table and view of schema public by its name."""
    return {
        name: Table(
            name,
            is_view,
            [_column(*row) for row in database.execute(_COLUMNS, [oid])],
            key,
            [ForeignKey(*row) for row in database.execute(_FOREIGN_KEYS, [oid])],
        )
        for oid, name, is_view, key in database.execute(_TABLES).fetchall()
    }


def _column(name: str, kind: str, required: bool, labels: list[str], checks: list[str]) -> Column:
    for check in checks:
        listed = re.search(r"= ANY \(\(?ARRAY\[(.*?)\]", check)
        if listed and not labels:
            labels = re.findall(r"'([^']*)'", listed[1])
    return Column(name, kind, required, labels)


def privileged_columns(database: Database, table: str, role: str, privilege: str) -> list[str]:
    rows = database.execute(
        """
        SELECT a.attname::text FROM pg_attribute a
        WHERE a.attrelid = ('public.' || quote_ident(%(table)s))::regclass AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attgenerated = '' AND has_column_privilege(%(role)s, a.attrelid, a.attnum, %(privilege)s)
        ORDER BY a.attnum
        """,
        {"table": table, "role": role, "privilege": privilege},
    )
    return [name for (name,) in rows]
