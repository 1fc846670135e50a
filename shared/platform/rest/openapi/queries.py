"""The tables and functions that the transaction's role may reach."""

import msgspec

from shared.runtime.postgres.statement import Statement


class Reachable(msgspec.Struct, frozen=True):
    """Names within the schema; a function is named if the role may call any of its overloads."""

    tables: frozenset[str]
    functions: frozenset[str]


def find_reachable(schema: str) -> Statement:
    """Find what the role may reach, as one JSON text of `Reachable`."""
    sql = """
        SELECT json_build_object(
            'tables', ARRAY(
                SELECT relname FROM pg_class
                WHERE relnamespace = exposed.oid AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition AND (
                    has_table_privilege(pg_class.oid, 'SELECT, INSERT, UPDATE, DELETE')
                    OR has_any_column_privilege(pg_class.oid, 'SELECT, INSERT, UPDATE')
                )
            ),
            'functions', ARRAY(
                SELECT DISTINCT proname FROM pg_proc
                WHERE pronamespace = exposed.oid AND has_function_privilege(pg_proc.oid, 'EXECUTE')
            )
        )::text
        FROM pg_namespace AS exposed
        WHERE nspname = %(schema)s AND has_schema_privilege(exposed.oid, 'USAGE')
    """
    return Statement(sql, {"schema": schema})
