"""Statements around a request's own statement in its transaction."""

from shared.runtime.postgres.statement import Statement

from .caller import Caller

BEGIN = Statement("BEGIN", {})
COMMIT = Statement("COMMIT", {})
ROLLBACK = Statement("ROLLBACK", {})
BEFORE_WORK = Statement("SAVEPOINT before_work", {})
UNDO_WORK = Statement("ROLLBACK TO before_work", {})
CHECK_CONSTRAINTS = Statement("SET CONSTRAINTS ALL IMMEDIATE", {})
"""Runs before a rollback, to refuse what a commit would have refused."""


def enter(caller: Caller) -> Statement:
    """Enter as the caller, with the settings of ALTER ROLE ... SET, for a host with no further checks."""
    sql = """
        SELECT
            set_config('role', %(role)s, true),
            set_config('request.jwt.claims', %(claims)s, true),
            (
                SELECT count(set_config(name, value, true))
                FROM (
                    SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value
                    FROM pg_db_role_setting
                    CROSS JOIN unnest(setconfig) AS setting
                    WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = %(role)s)
                        AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                    ORDER BY setdatabase
                ) AS of_role
                WHERE name LIKE '%%.%%' OR name IN (
                    SELECT pg_settings.name FROM pg_settings WHERE context = 'user' AND pg_settings.name <> 'role'
                )
            )
    """
    return Statement(sql, {"role": caller.role, "claims": caller.claims})


def set_locally(settings: str) -> Statement:
    """Set names and values of a JSON object until the end of the transaction."""
    sql = "SELECT count(set_config(key, value, true)) FROM json_each_text(%(settings)s)"
    return Statement(sql, {"settings": settings})
