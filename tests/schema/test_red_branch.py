"""The matrix notices: whatever guard of the schema is taken away or weakened, an expectation fails."""

import re
from typing import Any

import pytest
from psycopg import sql

from tests.schema.matrix import COMMANDS, EXPECTED, HIDDEN, Command, World, faults
from tests.schema.tables import Database

WEAKER = {"write": "read", "admin": "write", "manage": "admin"}
BREAKS = {
    "a revoked key works on": ("key.is_active", "true"),
    "an expired key works on": ("(key.expires_at is null or key.expires_at > now())", "true"),
    "a key opens the organization that its token names": ("key.organization_id = (claims ->>", "claims ? ("),
    "a token's own scopes are not looked at": ("claims -> 'agent_scopes' ? required", "true"),
    "a key's scopes are not looked at": ("required = any (key.scopes)", "true"),
    "a person needs no membership": ("member.user_id = (claims ->> 'sub')::uuid", "true"),
    "a banned account works on": ("app.account_fault(claims) is not null", "false"),
    "every member is an admin": ("member.role in ('owner', 'admin')", "true"),
}


@pytest.fixture
def policies(owner_database: Database) -> list[dict[str, Any]]:
    """Return every policy of schema public."""
    rows = owner_database.execute(
        "SELECT tablename, policyname, lower(cmd), qual, with_check FROM pg_policies WHERE schemaname = 'public'"
    )
    return [dict(zip(("table", "name", "command", "using", "check"), row, strict=True)) for row in rows]


@pytest.fixture
def first_fault(owner_database: Database, world: World) -> Any:
    """Return the first expectation that fails once the statement has been run; nothing of either stays."""

    def look(statement: str, table: str, *commands: Command) -> str | None:
        with owner_database.transaction(force_rollback=True):
            owner_database.execute(statement)
            owner_database.execute("SET LOCAL SESSION AUTHORIZATION authenticator")
            return next(faults(owner_database, world, table, commands or COMMANDS), None)

    return look


@pytest.fixture
def altered_policy(owner_database: Database) -> Any:
    """ALTER POLICY with its conditions changed."""

    def write(policy: dict[str, Any], change: Any) -> str:
        parts = {"USING": policy["using"], "WITH CHECK": policy["check"]}
        clauses = " ".join(f"{word} ({change(text)})" for word, text in parts.items() if text)
        names = sql.SQL("ALTER POLICY {} ON public.{} ").format(
            sql.Identifier(policy["name"]), sql.Identifier(policy["table"])
        )
        return names.as_string(owner_database) + clauses

    return write


def test_unbroken_it_finds_nothing(first_fault):
    assert not [table for table in EXPECTED if first_fault("SELECT", table)]


def test_a_dropped_policy_is_noticed(policies, first_fault):
    assert len(policies) > 50
    unnoticed = [
        policy["name"]
        for policy in policies
        if not first_fault(f"DROP POLICY {policy['name']} ON {policy['table']}", policy["table"], policy["command"])
    ]
    assert not unnoticed


def test_a_policy_that_is_always_true_is_noticed(policies, first_fault, altered_policy):
    unnoticed = [
        policy["name"]
        for policy in policies
        if not first_fault(altered_policy(policy, lambda _: "true"), policy["table"], policy["command"])
    ]
    assert not unnoticed


def test_a_policy_that_asks_for_less_is_noticed(policies, first_fault, altered_policy):
    unnoticed = [
        policy["name"]
        for policy in policies
        for level, less in WEAKER.items()
        if f"organization_with('{level}'::text)" in f"{policy['using']} {policy['check']}"
        and not first_fault(
            altered_policy(policy, lambda text, old=level, new=less: text.replace(f"'{old}'", f"'{new}'")),
            policy["table"],
            policy["command"],
        )
    ]
    assert not unnoticed


def test_row_level_security_switched_off_is_noticed(world, first_fault):
    reached = [name for name, rights in EXPECTED.items() if rights != HIDDEN and rights.select]
    unnoticed = [
        name
        for name in reached
        if not world.tables[name].is_view and not first_fault(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY", name)
    ]
    assert not unnoticed


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_a_grant_too_many_is_noticed(world, first_fault, role):
    unnoticed = [
        f"{command} on {name}"
        for name, rights in EXPECTED.items()
        for command in COMMANDS
        if (role == "anon" or getattr(rights, command) is None)
        and not world.tables[name].is_view
        # Without select an update or delete could not even name its row.
        and not first_fault(f"GRANT select, {command} ON {name} TO {role}", name, command)
    ]
    assert not unnoticed


def test_a_view_that_runs_with_its_owners_rights_is_noticed(world, first_fault):
    views = [name for name, table in world.tables.items() if table.is_view]
    assert views
    assert all(first_fault(f"ALTER VIEW {name} SET (security_invoker = false)", name) for name in views)


@pytest.mark.parametrize("break_", BREAKS)
def test_a_condition_taken_out_of_the_callers_rights_is_noticed(owner_database, first_fault, break_):
    row = owner_database.execute("SELECT pg_get_functiondef('app.organization_claimed'::regproc)").fetchone()
    old, new = BREAKS[break_]
    assert re.search(re.escape(old), row[0]), "the function reads otherwise by now: say the break anew"
    assert first_fault(row[0].replace(old, new), "items")
