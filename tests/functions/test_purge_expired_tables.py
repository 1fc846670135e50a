"""Every table that only grows ends: docs/data-lifetime.md names it, and the jobs empty it batch by batch until done."""

import re
from pathlib import Path

import pytest

from infra.local.schedule import scheduled_functions

pytestmark = pytest.mark.anyio
PAGE = Path(__file__).parents[2] / "docs" / "data-lifetime.md"
GROWS, KEPT = PAGE.read_text().split("## Tables whose rows are kept")
TABLE = re.compile(r"`((?:public|auth|storage|app)\.[a-z_]+)`")
MANY = 12_000
"""More than two batches."""


def test_every_table_is_named_once_and_every_name_is_a_table(rows):
    there = rows(
        "SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE nspname IN ('public', 'app', 'auth', 'storage') AND relkind IN ('r', 'p')"
    )
    named = TABLE.findall(GROWS) + TABLE.findall(KEPT)
    assert (set(named) - {row[0] for row in there}, {row[0] for row in there} - set(named)) == (set(), set())
    assert len(named) == len(set(named))


def test_every_row_names_a_job_that_there_is():
    lines = [line for line in GROWS.splitlines() if TABLE.match(line.removeprefix("| "))]
    jobs = set(scheduled_functions())
    assert lines
    assert all(set(re.findall(r"[a-z]+-[a-z-]+", line.rsplit("|", 2)[1])) <= jobs for line in lines)
    assert all(re.search(r"purge-|fetch-media|erase-blobs|next upload", line.rsplit("|", 2)[1]) for line in lines)


@pytest.fixture
def rows(tenants):
    def ask(statement, *values):
        with tenants.database() as db:
            return db.execute(statement, values).fetchall()

    return ask


@pytest.fixture
def purge(call, services):
    async def run(job):
        answer = await call(job, headers={"Authorization": f"Bearer {services.secrets.secret_key}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


OLD = {
    "idempotency_keys": (
        """INSERT INTO idempotency_keys
             (organization_id, principal_id, operation, key, request_hash, status, response, created_at)
           SELECT %(org)s, gen_random_uuid(), 'x', n::text, 'h', 200, '', now() - age""",
        "25 hours",
    ),
    "access_attempts": (
        """INSERT INTO access_attempts (kind, outcome, ip_hash, created_at)
           SELECT 'agent_auth', 'refused', %(org)s::uuid::text, now() - age""",
        "31 days",
    ),
    "webhook_inbox": (
        """INSERT INTO webhook_inbox (source, body, body_hash, signed_with, unrouted, processed_at, request_id)
           SELECT 'growth', '', sha256((told.org || n || age)::bytea), 0, 0, now() - age, told.org""",
        "9 days",
    ),
    "outbox": (
        """INSERT INTO outbox (organization_id, topic, payload, created_at)
           SELECT %(org)s, 'x.x', '{}', now() - age""",
        "8 days",
    ),
    "set_aside": (
        """INSERT INTO set_aside (organization_id, queue, subject, error_code, created_at)
           SELECT %(org)s, 'files', n || age::text, 'x', now() - age""",
        "31 days",
    ),
    "audit_events": (
        """INSERT INTO audit_events (organization_id, actor_type, action, entity_type, created_at)
           SELECT %(org)s, 'system', 'x.x', 'x', now() - age""",
        "731 days",
    ),
}
WHOSE = {"access_attempts": "ip_hash = %s::uuid::text", "webhook_inbox": "request_id = %s::uuid::text"}


@pytest.mark.parametrize("table", OLD)
async def test_all_that_is_old_goes_in_one_run_and_nothing_younger(purge, tenants, rows, org, table):
    insert, age = OLD[table]
    with tenants.database() as db:
        for since, count in ((age, MANY), ("1 hour", 3)):
            told = f"(SELECT '{since}'::interval AS age, %(org)s::uuid::text AS org) AS told"
            source = f" FROM generate_series(1, {count}) AS n, {told}"
            db.execute(insert + source, {"org": org.id})
    await purge("purge-expired")
    counted = f"SELECT count(*) FROM {table} WHERE {WHOSE.get(table, 'organization_id = %s')}"
    assert rows(counted, org.id)[0][0] < 100


async def test_the_trail_is_kept_as_long_as_the_plan_says(purge, tenants, rows):
    kept = {}
    for plan in ("free", "starter", "growth", "scale"):
        org = tenants.org(plan)
        with tenants.database() as db:
            db.execute(
                "INSERT INTO audit_events (organization_id, actor_type, action, entity_type, created_at)"
                " SELECT %s, 'system', 'x.x', 'x', now() - make_interval(days => n)"
                " FROM unnest('{29,31,364,366,729,731,4000}'::integer[]) AS n",
                (org.id,),
            )
        kept[plan] = org.id
    await purge("purge-expired")
    asked = "SELECT count(*) FROM audit_events WHERE organization_id = %s AND action = 'x.x'"
    assert [rows(asked, each)[0][0] for each in kept.values()] == [1, 3, 5, 7]


async def test_one_tables_fault_keeps_no_other_from_being_emptied(tenants, rows, org, monkeypatch):
    from shared.runtime import retention  # noqa: PLC0415
    from shared.tenancy.transactions import service_tx  # noqa: PLC0415

    async def fails(_):
        raise KeyError("table")

    left = iter([2, 1, 0])

    async def goes(_):
        return next(left)

    counts = await retention.purge({"one": fails, "two": goes}, lambda: service_tx(request_id="test"), for_s=5)
    assert counts == {"one": 0, "two": 3}


async def test_sessions_end_after_180_days_without_use(purge, tenants, rows, org):
    with tenants.database() as db:
        db.execute(
            "INSERT INTO auth.sessions (user_id, created_at, updated_at, refreshed_at)"
            " SELECT %s, now() - interval '1 year', now() - interval '1 year', now() - age"
            " FROM unnest('{179 days,181 days}'::interval[]) AS age",
            (org.owner.id,),
        )
    await purge("purge-sign-ins")
    assert rows("SELECT count(*) FROM auth.sessions WHERE user_id = %s", org.owner.id) == [(1,)]
