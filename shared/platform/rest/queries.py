"""What stands around a request's statement in its transaction."""

from shared.runtime.statement import Statement

from .caller import Caller

BEGIN = Statement("BEGIN", {})
COMMIT = Statement("COMMIT", {})
ROLLBACK = Statement("ROLLBACK", {})
CHECK_CONSTRAINTS = Statement("SET CONSTRAINTS ALL IMMEDIATE", {})
"""Before a rollback: what a commit would have refused is refused."""


def enter(caller: Caller) -> Statement:
    """As the caller, for a host that asks nothing more of one."""
    sql = "SELECT set_config('role', %(role)s, true), set_config('request.jwt.claims', %(claims)s, true)"
    return Statement(sql, {"role": caller.role, "claims": caller.claims})


def set_locally(settings: str) -> Statement:
    """`settings` is a JSON object of names and values, which hold until the transaction's end."""
    sql = "SELECT count(set_config(key, value, true)) FROM json_each_text(%(settings)s)"
    return Statement(sql, {"settings": settings})
