"""Who may do what with whose rows: the table of expectations, and the checks that hold the schema to it."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg import sql

from shared.tenancy.principal import Principal
from tests.schema.rows import Row, Rows, insertion
from tests.schema.tables import Database, Table, privileged_columns

Command = Literal["select", "insert", "update", "delete"]
Level = Literal["read", "write", "admin", "manage"]
Outcome = Literal["done", "kept apart", "not granted"]
"""Kept apart by a policy: no rows for select, update and delete, 42501 for insert. Not granted: 42501 for all."""
COMMANDS: tuple[Command, ...] = ("select", "insert", "update", "delete")
ALL = frozenset(COMMANDS)
READS: frozenset[Command] = frozenset({"select"})


class Rights(NamedTuple):
    """The level that each command takes of a caller; None where no caller has even the grant."""

    select: Level | None = None
    insert: Level | None = None
    update: Level | None = None
    delete: Level | None = None
    service: frozenset[Command] = ALL
    is_shared: bool = False
    """The rows are everybody's who belongs to any organization."""


RECORDS = Rights("read", "write", "write", "admin")
READ_ONLY = Rights("read")
HIDDEN = Rights()

EXPECTED: dict[str, Rights] = {
    "access_attempts": HIDDEN,
    "agent_accounts": READ_ONLY,
    "agent_api_keys": READ_ONLY,
    "audit_events": Rights("read", service=READS),
    "audit_trail": Rights("read", service=READS),
    "audit_values": Rights("read", service=READS),
    "channel_accounts": READ_ONLY,
    "channel_events": READ_ONLY,
    "channel_identities": READ_ONLY,
    "channel_paces": READ_ONLY,
    "chat_paces": READ_ONLY,
    "chats": Rights("read", None, "write"),
    "customer_identities": READ_ONLY,
    "customer_journey_stages": RECORDS,
    "customer_labels": Rights("read", "write", None, "write"),
    "customers": Rights("read", "write", "write", service=ALL - {"delete"}),
    "idempotency_keys": Rights(service=ALL - {"update"}),
    "item_stock": Rights("read", service=READS),
    "items": RECORDS,
    "labels": RECORDS,
    "lead_sources": RECORDS,
    "message_deliveries": READ_ONLY,
    "message_events": READ_ONLY,
    "message_templates": READ_ONLY,
    "media": READ_ONLY,
    "media_tasks": HIDDEN,
    "message_media": READ_ONLY,
    "messages": Rights("read"),
    "order_items": Rights("read", "write", "write", "write"),
    "order_sequences": Rights(service=READS),
    "orders": RECORDS,
    "organization_members": READ_ONLY,
    "organizations": Rights("read", None, "manage"),
    "outbox": HIDDEN,
    "plans": Rights("read", is_shared=True),
    "set_aside": READ_ONLY,
    "stock_balances": Rights("read", service=READS),
    "stock_movements": Rights("read", "write", service=frozenset({"select", "insert"})),
    "stock_reservations": Rights("read", service=READS),
    "usage_counters": READ_ONLY,
    "warehouses": RECORDS,
    "webhook_inbox": HIDDEN,
}

HOW_TO_ADD = (
    "add a row to EXPECTED in tests/schema/matrix.py: the level (read, write, admin, manage) that select, insert,"
    " update and delete take of a caller, None for a command that is in no grant, and what the service role may"
)


class Actor(NamedTuple):
    """A caller of the first organization and the levels held in it."""

    name: str
    principal: Principal
    held: frozenset[Level]


@dataclass(frozen=True)
class Tenant:
    """An organization with one row in each table, and one more that could be inserted."""

    id: uuid.UUID
    rows: Mapping[str, Row]
    candidates: Mapping[str, Row]


@dataclass(frozen=True)
class World:
    tables: Mapping[str, Table]
    own: Tenant
    other: Tenant
    actors: Sequence[Actor]


def seeded(rows: Rows, tables: Mapping[str, Table], organization_id: uuid.UUID) -> Tenant:
    """Return one row of the organization in every table, by introspection."""
    names = [table.name for table in tables.values() if not table.is_view]
    keys = {
        name: {"id": organization_id} if name == "organizations" else rows.insert(name, organization_id)
        for name in names
    }
    return Tenant(organization_id, keys, {name: rows.values(name, organization_id) for name in names})


def faults(database: Database, world: World, name: str, commands: Sequence[Command] = COMMANDS) -> Iterator[str]:
    """Yield each expectation of the table that does not hold, in words; `database` may become the API roles."""
    table = world.tables[name]
    for command in READS if table.is_view else commands:
        for tenant in (world.own, world.other):
            for actor in world.actors:
                wanted = expected(EXPECTED[name], actor, command, owns=tenant is world.own)
                found = attempt(database, name, actor.principal, *_statement(database, table, tenant, command, actor))
                if found != wanted:
                    whose = "its own" if tenant is world.own else "another organization's"
                    yield f"{actor.name}: {command} of {whose} {name}: {found}, expected {wanted}"


def expected(rights: Rights, actor: Actor, command: Command, *, owns: bool) -> Outcome:
    if actor.principal.role == "service_role":
        return "done" if command in rights.service else "not granted"
    level: Level | None = getattr(rights, command)
    if actor.principal.role == "anon" or level is None:
        return "not granted"
    return "done" if level in actor.held and (owns or rights.is_shared) else "kept apart"


def attempt(database: Database, name: str, who: Principal, statement: sql.Composed, values: Row) -> str:
    """Return what became of a statement on that table under the caller's role and claims; nothing of it stays."""
    with database.transaction(force_rollback=True):
        enter(database, who)
        try:
            cursor = database.execute(statement, values)
        except psycopg.errors.InsufficientPrivilege as refused:
            told = refused.diag.message_primary or ""
            if "row-level security" in told:
                return "kept apart"
            return "not granted" if told.endswith(f" {name}") else told
        except psycopg.Error as fault:
            return f"{fault.sqlstate} {fault.diag.message_primary}"
        counted = cursor.fetchone() if cursor.description else None
        return "done" if (counted[0] if counted else cursor.rowcount) else "kept apart"


def enter(database: Database, who: Principal) -> None:
    """As PostgREST does; that app.enter comes to the same is in test_admission."""
    database.execute(
        "SELECT set_config('role', %s, true), set_config('request.jwt.claims', %s, true)", [who.role, who.claims]
    )


def _statement(
    database: Database, table: Table, tenant: Tenant, command: Command, actor: Actor
) -> tuple[sql.Composed, Row]:
    target = sql.SQL("public.{}").format(sql.Identifier(table.name))
    if table.is_view:
        condition = sql.SQL("organization_id = %(organization_id)s")
        return sql.SQL("SELECT count(*) FROM {} WHERE {}").format(target, condition), {"organization_id": tenant.id}
    if command == "insert":
        values = tenant.candidates[table.name]
        return insertion(table.name, values), values
    key: Row = tenant.rows[table.name]
    here = sql.SQL(" AND ").join(sql.SQL("{} = {}").format(sql.Identifier(k), sql.Placeholder(k)) for k in key)
    if command == "select":
        return sql.SQL("SELECT count(*) FROM {} WHERE {}").format(target, here), key
    if command == "delete":
        return sql.SQL("DELETE FROM {} WHERE {}").format(target, here), key
    granted: list[Any] = privileged_columns(database, table.name, actor.principal.role, "UPDATE")
    column = sql.Identifier(granted[0] if granted else table.columns[-1].name)
    return sql.SQL("UPDATE {0} SET {1} = {1} WHERE {2}").format(target, column, here), key
