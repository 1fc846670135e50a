"""What row level security does not see: foreign keys, unique constraints, definer functions, search and views."""

import itertools
import uuid
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.schema.lints import EXCEPTIONS
from tests.schema.matrix import EXPECTED, Actor, World, enter
from tests.schema.rows import Row, insertion
from tests.schema.tables import Database


@pytest.fixture(scope="session")
def writer(world: World) -> Actor:
    return next(actor for actor in world.actors if actor.name == "owner")


@pytest.fixture
def refusal_of(login: Database, writer: Actor) -> Any:
    """Return what the database says to an INSERT; None where it says nothing."""

    def insert(table: str, values: Row, who: Actor = writer) -> list[str] | None:
        with login.transaction(force_rollback=True):
            enter(login, who.principal)
            try:
                login.execute(insertion(table, values), values)
            except psycopg.Error as fault:
                return [str(part) for part in (fault.sqlstate, fault.diag.constraint_name, fault.diag.message_primary)]
        return None

    return insert


@pytest.fixture
def asked(login: Database, world: World, writer: Actor) -> Any:
    """Return what the first organization's owner gets from a statement; nothing stays."""

    def ask(statement: str, **values: Any) -> list[tuple[Any, ...]]:
        with login.transaction(force_rollback=True):
            enter(login, writer.principal)
            return login.execute(statement, values).fetchall()

    return ask


REFERENCES = [name for name, rights in EXPECTED.items() if rights.insert or "insert" in rights.service]
"""Tables that anybody but their owner inserts into."""


@pytest.mark.parametrize("name", REFERENCES)
def test_a_row_of_another_tenant_is_refused_like_a_missing_one(world, writer, refusal_of, name):
    service = next(actor for actor in world.actors if actor.name == "service")
    who = writer if EXPECTED[name].insert else service
    for key in world.tables[name].foreign_keys:
        target = world.other.rows.get(key.target)
        if key.target in EXCEPTIONS["not_tenants"] or target is None:
            continue
        pairs = zip(key.columns, key.target_columns, strict=True)
        ((column, points_at),) = [pair for pair in pairs if pair[0] != "organization_id"]
        values = world.own.candidates[name]
        stolen, invented = target[points_at], uuid.uuid4()
        to_theirs = refusal_of(name, {**values, column: stolen}, who)
        to_none = refusal_of(name, {**values, column: invented}, who)
        assert to_theirs is not None, f"{name}.{column} may point at another organization's row"
        assert [part.replace(str(stolen), str(invented)) for part in to_theirs] == to_none


WRITERS = [name for name, rights in EXPECTED.items() if rights.insert]


@pytest.mark.parametrize("name", WRITERS)
def test_another_organization_is_refused_exactly_like_none(login, owner_database, world, name):
    """Neither its plan nor its numbers nor that it exists: the same refusal, and nothing of it is touched."""
    counted = "SELECT (SELECT sum(used) FROM usage_counters), (SELECT sum(last_number) FROM order_sequences)"
    before = owner_database.execute(counted).fetchone()
    candidate = world.other.candidates[name]
    given = [candidate, *({k: v for k, v in candidate.items() if k != left_out} for left_out in candidate)]
    for actor, values in itertools.product(world.actors, given):
        if actor.principal.role != "authenticated":
            continue
        told = []
        for organization in (world.other.id, uuid.uuid4()):
            tried = {**values, "organization_id": organization}
            with login.transaction(force_rollback=True):
                enter(login, actor.principal)
                with pytest.raises(psycopg.Error) as refused, login.transaction():
                    login.execute(insertion(name, tried), tried)
            diagnosis = refused.value.diag
            told.append([diagnosis.sqlstate, diagnosis.message_primary, diagnosis.message_detail, diagnosis.context])
        assert told[0] == told[1], actor.name
        assert told[0][0] == "42501", actor.name
    assert owner_database.execute(counted).fetchone() == before


def test_the_same_natural_key_serves_in_two_organizations(owner_database, world):
    service = next(actor for actor in world.actors if actor.name == "service")
    unique = owner_database.execute(
        """
        SELECT i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class n ON n.oid = i.indexrelid
        WHERE i.indisunique AND n.relnamespace = 'public'::regnamespace
        """
    ).fetchall()
    given = set(
        owner_database.execute(
            "SELECT table_name, column_name FROM information_schema.column_privileges"
            " WHERE grantee = 'authenticated' AND privilege_type = 'INSERT' AND table_schema = 'public'"
        )
    )
    tried = 0
    for table, definition in unique:
        columns = [each for each in world.tables[table].columns if (table, each.name) in given]
        key = {c.name: "TWICE" for c in columns if c.type == "text" and not c.labels and f" {c.name}" in definition}
        if not EXPECTED[table].insert or "(organization_id" not in definition or not key:
            continue
        with owner_database.transaction(force_rollback=True):
            theirs = world.other.candidates[table] | key
            owner_database.execute(insertion(table, theirs), theirs)
            owner_database.execute("SET LOCAL SESSION AUTHORIZATION authenticator")
            enter(owner_database, service.principal)
            ours = world.own.candidates[table] | key
            owner_database.execute(insertion(table, ours), ours)
        tried += 1
    assert tried > 5


@pytest.fixture(scope="session")
def both(owner_database: Database, world: World) -> World:
    """Return a contact, an item, an order and a kept answer with the same words in each organization."""
    for tenant in (world.own, world.other):
        made = {"organization_id": tenant.id, "id": uuid.uuid4()}
        words = {"first_name": "Zaynab", "phone_number": "+201001234567", "email": "zaynab@example.com"}
        rows: dict[str, Row] = {
            "customers": made | words,
            "items": made | {"name": "Zaynab lamp", "sku": "ZAYNAB-1"},
            "orders": made | {"order_number": "ZAYNAB-7", "customer_id": made["id"]},
        }
        for table, values in rows.items():
            owner_database.execute(insertion(table, values), values)
    return world


PROBES = {
    "search": "SELECT id FROM app.search('zaynab', '{contact,item,order}', 50)",
    "contacts_named": "SELECT id FROM app.contacts_named('zainab') AS id",
    "contacts_with_phone": "SELECT id FROM app.contacts_with_phone('01001234567') AS id",
}
"""Definer functions that read rows: each must find the caller's and nobody else's."""
TOLD = {"organization_claimed", "admit_request"}
"""Say what the caller itself may; the matrix asks them for every kind of caller."""
WRITES = {
    "claim_idempotency_key",
    "keep_idempotent_answer",
    "keep_upload",
    "enqueue",
    "queue_message",
    "mark_chat_read",
    "correct_payment",
    "mark_chat_unread",
    "erase_contact",
    "erase_person",
    "record_export",
    "record_person_export",
    "start_conversation",
    "create_agent_key",
    "rotate_agent_key",
    "revoke_agent_key",
    "create_organization",
}


def test_every_definer_function_that_callers_may_call_is_probed():
    assert set(EXCEPTIONS["callable_definers"]) == set(PROBES) | TOLD | WRITES


@pytest.mark.parametrize("name", PROBES)
def test_a_definer_function_finds_the_callers_rows_alone(owner_database, both, asked, name):
    found = {row for (row,) in asked(PROBES[name])}
    theirs = {
        row
        for (row,) in owner_database.execute(
            "SELECT id FROM customers WHERE organization_id = %(id)s UNION ALL SELECT id FROM items"
            " WHERE organization_id = %(id)s UNION ALL SELECT id FROM orders WHERE organization_id = %(id)s",
            {"id": both.other.id},
        )
    }
    assert found
    assert not found & theirs


@pytest.mark.parametrize("name", PROBES)
def test_a_definer_function_returns_nothing_without_an_organization(login, both, name):
    for actor in both.actors:
        if actor.held or actor.principal.role != "authenticated":
            continue
        with login.transaction(force_rollback=True):
            enter(login, actor.principal)
            assert not login.execute(PROBES[name]).fetchall(), actor.name


def test_an_answer_kept_by_one_organization_is_replayed_to_no_other(owner_database, world, login):
    keep = "SELECT app.keep_idempotent_answer('op', 'key', 'hash', 201::smallint, %s::bytea)"
    claim = "SELECT status FROM app.claim_idempotency_key('op', 'key', 'hash')"
    by_name = {actor.name: actor.principal for actor in world.actors}
    with login.transaction(force_rollback=True):
        enter(login, by_name["owner"])
        login.execute(keep, [b"secret"])
        assert login.execute(claim).fetchall() == [(201,)]
        for stranger in ("agent with write", "member", "owner who names the other organization"):
            login.execute("RESET ROLE")
            enter(login, by_name[stranger])
            assert not login.execute(claim).fetchall(), stranger


def test_work_is_enqueued_for_the_callers_own_organization_alone(owner_database, world):
    with owner_database.transaction(force_rollback=True):
        owner_database.execute("SET LOCAL SESSION AUTHORIZATION authenticator")
        enter(owner_database, next(actor.principal for actor in world.actors if actor.name == "member"))
        made = owner_database.execute("SELECT app.enqueue('test.topic', '{}')").fetchone()
        owner_database.execute("SET LOCAL SESSION AUTHORIZATION DEFAULT")
        owner_database.execute("RESET ROLE")
        row = owner_database.execute("SELECT organization_id FROM outbox WHERE id = %s", made).fetchone()
    assert row == (world.own.id,)


@pytest.mark.parametrize("name", ["agent with read", "person without organization", "owner who was removed"])
def test_work_is_enqueued_only_with_the_right_to_write(login, world, name):
    with login.transaction(force_rollback=True):
        enter(login, next(actor.principal for actor in world.actors if actor.name == name))
        with pytest.raises(psycopg.errors.NotNullViolation), login.transaction():
            login.execute("SELECT app.enqueue('test.topic', '{}')")


def test_a_file_is_put_up_for_the_callers_own_organization_alone(login, world):
    put_up = (
        "SELECT organization_id FROM app.keep_upload(gen_random_uuid(), 'image', 'image/png', 'a', 1, repeat('0', 64))"
    )
    for actor in world.actors:
        if actor.principal.role != "authenticated":
            continue
        with login.transaction(force_rollback=True):
            enter(login, actor.principal)
            if "write" in actor.held:
                assert login.execute(put_up).fetchone() == (world.own.id,), actor.name
                continue
            with pytest.raises(psycopg.errors.NotNullViolation), login.transaction():
                login.execute(put_up)


MAKE_KEY = "SELECT agent_id FROM app.create_agent_key('Nour', 'tests', 'nxs_ak_00000000', 'hash', '{read}', null)"


def test_a_new_agent_belongs_to_the_organization_that_its_maker_manages(login, world, writer):
    with login.transaction(force_rollback=True):
        enter(login, writer.principal)
        made = login.execute(MAKE_KEY).fetchone()
        found = login.execute("SELECT organization_id FROM agent_accounts WHERE id = %s", made).fetchone()
        maker = login.execute("SELECT created_by FROM agent_api_keys WHERE agent_id = %s", made).fetchone()
    assert found == (world.own.id,)
    assert maker == (writer.principal.subject,)


@pytest.mark.parametrize("name", ["member", "agent with admin", "owner who names the other organization"])
def test_an_agent_is_made_only_by_managers_of_the_organization(login, world, name):
    with login.transaction(force_rollback=True):
        enter(login, next(actor.principal for actor in world.actors if actor.name == name))
        with pytest.raises(psycopg.Error) as refused:
            login.execute(MAKE_KEY)
    assert refused.value.sqlstate == "PT403"


CHANGES = {
    "SELECT count(*) > 0 FROM app.rotate_agent_key(%(key)s, 'nxs_ak_00000000', 'hash', '1 day')": "manage",
    "SELECT app.revoke_agent_key(%(key)s)": "manage",
    "SELECT app.mark_chat_read(%(chat)s)": "write",
    "SELECT app.mark_chat_unread(%(chat)s)": "write",
}
"""Definer functions that change one row, with the level that they take; each says whether it did."""


@pytest.mark.parametrize("statement", CHANGES)
def test_a_definer_function_changes_the_callers_rows_alone(login, world, statement):
    for tenant in (world.own, world.other):
        named = {"key": tenant.rows["agent_api_keys"]["id"], "chat": tenant.rows["chats"]["id"]}
        for actor in world.actors:
            if actor.principal.role != "authenticated":
                continue
            with login.transaction(force_rollback=True):
                enter(login, actor.principal)
                (done,) = login.execute(statement, named).fetchone()
            assert done == (tenant is world.own and CHANGES[statement] in actor.held), actor.name


def test_a_message_goes_out_in_the_callers_own_conversations_alone(login, world, owner_database):
    send = "SELECT app.queue_message(jsonb_build_object('chat_id', %s::uuid, 'message_type', 'text'), '{}')"
    for tenant in (world.own, world.other):
        with owner_database.transaction():
            chat = tenant.rows["chats"]["id"]
            channel = tenant.rows["channel_accounts"]["id"]
            owner_database.execute("UPDATE chats SET channel_id = %s WHERE id = %s", [channel, chat])
        for actor in world.actors:
            if actor.principal.role != "authenticated":
                continue
            with login.transaction(force_rollback=True):
                enter(login, actor.principal)
                if tenant is world.own and "write" in actor.held:
                    assert login.execute(send, [chat]).fetchone(), actor.name
                    continue
                with pytest.raises(psycopg.Error) as refused, login.transaction():
                    login.execute(send, [chat])
                assert refused.value.sqlstate == "PT404", actor.name


def test_the_accounts_schema_is_shut_to_the_api_roles(owner_database, world, login):
    tables = owner_database.execute(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r'"
        " AND c.relnamespace IN ('auth'::regnamespace, 'app'::regnamespace)"
    ).fetchall()
    assert len(tables) > 4
    for actor in world.actors:
        if actor.principal.role == "service_role":
            continue
        for (table,) in tables:
            with login.transaction(force_rollback=True):
                enter(login, actor.principal)
                with pytest.raises(psycopg.errors.InsufficientPrivilege), login.transaction():
                    login.execute(sql.SQL("SELECT 1 FROM {}").format(sql.SQL(table)))


def test_the_login_itself_reaches_nothing(world, login):
    for name in EXPECTED:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute(sql.SQL("SELECT 1 FROM public.{}").format(sql.Identifier(name)))


def test_a_role_that_was_entered_ends_with_the_transaction(world, login):
    with login.transaction():
        enter(login, world.actors[0].principal)
    told = login.execute("SELECT current_user, current_setting('request.jwt.claims', true)").fetchone()
    assert told in (("authenticator", ""), ("authenticator", None))
