"""All SQL of this room, run as the service: each statement names the organization."""

from shared.providers.meta.answers import Profile
from shared.runtime.db import Tx

from .models import Stranger


async def take_strangers(tx: Tx, *, limit: int) -> list[Stranger]:
    """People whose names are due, each held for five minutes: a worker that dies is followed by another."""
    sql = """
        WITH due AS (
            SELECT identity.organization_id, identity.channel_id, identity.value
            FROM channel_identities AS identity
            JOIN channel_accounts AS account
                ON account.organization_id = identity.organization_id AND account.id = identity.channel_id
            WHERE identity.profile_due_at <= now() AND identity.kind = 'scoped_id' AND account.status = 'connected'
            ORDER BY identity.profile_due_at
            LIMIT %(limit)s
            FOR UPDATE OF identity SKIP LOCKED
        )
        UPDATE channel_identities AS taken
        SET profile_due_at = now() + interval '5 minutes', profile_attempts = taken.profile_attempts + 1
        FROM due, channel_accounts AS account
        WHERE taken.organization_id = due.organization_id AND taken.channel_id = due.channel_id
            AND taken.kind = 'scoped_id' AND taken.value = due.value
            AND account.organization_id = taken.organization_id AND account.id = taken.channel_id
        RETURNING taken.organization_id, taken.channel_id, account.platform, account.page_id, account.token_sealed,
            taken.value AS scoped_id, taken.profile_attempts AS attempts
    """
    return await tx.all(Stranger, sql, limit=limit)


async def name_person(tx: Tx, *, stranger: Stranger, profile: Profile) -> None:
    sql = """
        SELECT app.name_person(%(organization_id)s, %(channel_id)s, %(scoped_id)s, %(name)s, %(first_name)s,
            %(last_name)s)
    """
    await tx.run(
        sql,
        organization_id=stranger.organization_id,
        channel_id=stranger.channel_id,
        scoped_id=stranger.scoped_id,
        name=profile.shown,
        first_name=profile.first_name or profile.shown,
        last_name=profile.last_name,
    )


async def update_due(tx: Tx, *, stranger: Stranger, after_s: float | None) -> None:
    """When to ask again; None: never."""
    sql = """
        UPDATE channel_identities
        SET profile_due_at = now() + make_interval(secs => %(after_s)s)
        WHERE organization_id = %(organization_id)s AND channel_id = %(channel_id)s AND kind = 'scoped_id'
            AND value = %(scoped_id)s
    """
    values = {"organization_id": stranger.organization_id, "channel_id": stranger.channel_id}
    await tx.run(sql, scoped_id=stranger.scoped_id, after_s=after_s, **values)
