"""What the role of the transaction may reach."""

import msgspec

from shared.runtime.postgres.statement import Statement


class Reachable(msgspec.Struct, frozen=True):
    """Names within the schema; of a function, whether any of its overloads may be called."""

    tables: frozenset[str]
    functions: frozenset[str]


def find_reachable(schema: str) -> Statement:
    """One JSON text, as `Reachable`."""
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
