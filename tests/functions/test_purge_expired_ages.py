"""What the hourly jobs forget by age, each kind on both sides of its limit: docs/data-lifetime.md."""

import uuid

import pytest

pytestmark = pytest.mark.anyio

EVENT = (
    "INSERT INTO message_events"
    " (organization_id, channel_id, message_id, dedup_key, kind, author, occurred_at, created_at)"
    " SELECT %(org)s, %(channel)s, {message}, age, '{kind}', 'customer', now(), now() - age::interval"
    " FROM unnest(%(ages)s::text[]) AS age"
)
TOLD = (
    "INSERT INTO channel_events"
    " (organization_id, channel_id, chat_id, dedup_key, name, payload, occurred_at, created_at)"
    " SELECT %(org)s, %(channel)s, {chat}, age, '{name}', '{{}}', now(), now() - age::interval"
    " FROM unnest(%(ages)s::text[]) AS age"
)
DELIVERY = (
    "INSERT INTO message_deliveries"
    " (organization_id, message_id, channel_id, chat_id, request, state, created_at, state_since)"
    " SELECT %(org)s, id, %(channel)s, %(chat)s, '{{}}', '{state}', now() - age::interval, now() - {since}"
    " FROM unnest(%(ages)s::text[]) AS age"
    " JOIN messages ON messages.organization_id = %(org)s AND messages.content = age"
)
COUNTER = "INSERT INTO usage_counters (organization_id, resource, period, used)"
DAYS = f"""{COUNTER} SELECT %(org)s, 'api_calls', to_char(now() - age::interval, 'YYYY-MM-DD'), 1
  FROM unnest(%(ages)s::text[]) AS age"""
MONTHS = f"{COUNTER} SELECT %(org)s, 'messages', unnest('{{2020-01,2020-02}}'::text[]), 1"
TOKEN = (
    "INSERT INTO auth.refresh_tokens (token, user_id, session_id, revoked, updated_at)"
    " SELECT gen_random_uuid(), %(user)s, %(session)s, {revoked}, now() - age::interval"
    " FROM unnest(%(ages)s::text[]) AS age"
)
ENTRY = (
    "INSERT INTO auth.audit_log_entries (payload, created_at)"
    " SELECT jsonb_build_object('actor_id', %(user)s::text), now() - age::interval FROM unnest(%(ages)s::text[]) AS age"
)
OF_ORG, OF_USER = "organization_id = %(org)s", "user_id = %(user)s"
OF_CALLS, OF_MONTHS = f"{OF_ORG} AND resource = 'api_calls'", f"{OF_ORG} AND resource = 'messages' AND period < '2021'"
OF_ACTOR = "payload ->> 'actor_id' = %(user)s::text"
EVENTS, NEWS, DELIVERIES = "message_events", "channel_events", "message_deliveries"

KINDS = {
    "statuses": (EVENTS, OF_ORG, EVENT.format(message="%(message)s", kind="status"), 90, 1),
    "edits of no message": (EVENTS, OF_ORG, EVENT.format(message="NULL", kind="edit"), 90, 1),
    "edits": (EVENTS, OF_ORG, EVENT.format(message="%(message)s", kind="edit"), 90, 2),
    "reactions": (EVENTS, OF_ORG, EVENT.format(message="%(message)s", kind="reaction"), 90, 2),
    "news of the channel": (NEWS, OF_ORG, TOLD.format(chat="NULL", name="account.update"), 90, 1),
    "taps": (NEWS, OF_ORG, TOLD.format(chat="%(chat)s", name="postback.tap"), 90, 1),
    "words on marketing": (NEWS, OF_ORG, TOLD.format(chat="%(chat)s", name="preference.stop"), 90, 2),
    "messages read": (DELIVERIES, OF_ORG, DELIVERY.format(state="read", since="age::interval"), 90, 1),
    "messages read lately": (DELIVERIES, OF_ORG, DELIVERY.format(state="read", since="interval '1 day'"), 90, 2),
    "messages that wait": (DELIVERIES, OF_ORG, DELIVERY.format(state="queued", since="age::interval"), 90, 2),
    "days of calls": ("usage_counters", OF_CALLS, DAYS, 400, 1),
    "months of messages": ("usage_counters", OF_MONTHS, MONTHS, 400, 2),
    "spent tokens": ("auth.refresh_tokens", OF_USER, TOKEN.format(revoked="true"), 30, 1),
    "live tokens": ("auth.refresh_tokens", OF_USER, TOKEN.format(revoked="false"), 30, 2),
    "acts of accounts": ("auth.audit_log_entries", OF_ACTOR, ENTRY, 365, 1),
}
"""By kind: the table, which rows of it are ours, one row of each age, the limit in days, how many of the two stay."""


@pytest.fixture
def ids(tenants, org):
    """Return a channel, a conversation in it, messages named after their ages, and a session without tokens."""

    def make(ages):
        at = {name: uuid.uuid4() for name in ("channel", "chat", "session")}
        at |= {"org": org.id, "user": org.owner.id, "ages": ages}
        with tenants.database() as db:
            db.execute("DELETE FROM auth.refresh_tokens WHERE user_id = %(user)s", at)
            db.execute("INSERT INTO auth.sessions (id, user_id) VALUES (%(session)s, %(user)s)", at)
            db.execute(
                "INSERT INTO channel_accounts (id, organization_id, platform, external_id)"
                " VALUES (%(channel)s, %(org)s, 'whatsapp', %(channel)s::text)",
                at,
            )
            db.execute(
                "INSERT INTO chats (id, organization_id, platform, platform_chat_id, channel_id)"
                " VALUES (%(chat)s, %(org)s, 'whatsapp', %(chat)s::text, %(channel)s)",
                at,
            )
            written = (
                "INSERT INTO messages (organization_id, chat_id, direction, content, timestamp)"
                " SELECT %(org)s, %(chat)s, 'inbound', age, now() FROM unnest(%(ages)s::text[]) AS age RETURNING id"
            )
            at["message"] = db.execute(written, at).fetchone()[0]
        return at

    return make


@pytest.mark.parametrize("kind", KINDS)
async def test_only_rows_past_their_age_are_deleted(kind, ids, call, tenants, services):
    table, ours, insert, limit, stay = KINDS[kind]
    at = ids([f"{limit - 1} days", f"{limit + 1} days"])
    counted = f"SELECT count(*) FROM {table} WHERE {ours}"
    with tenants.database() as db:
        db.execute(insert, at)
        assert db.execute(counted, at).fetchone() == (2,)
    job = "purge-sign-ins" if table.startswith("auth.") else "purge-expired"
    answer = await call(job, headers={"Authorization": f"Bearer {services.secrets.secret_key}"})
    assert answer.status_code == 200, answer.text
    with tenants.database() as db:
        assert db.execute(counted, at).fetchone() == (stay,)
