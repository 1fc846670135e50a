"""All SQL of this room, run as the service: each statement names the organization."""

from collections.abc import Sequence
from uuid import UUID

from shared.providers.meta.answers import Profile
from shared.runtime.postgres.transaction import Tx

from .models import ClaimedStranger, Stranger


async def take_stranger(tx: Tx, *, spared: Sequence[UUID]) -> ClaimedStranger | None:
    """Take a person whose name is due, of an organization that is not in `spared`; the attempt is counted at once.

    The person is held for five minutes, then twice as long, up to a day, so that another worker follows a dead one.
    """
    sql = """
        WITH due AS (
            SELECT identity.organization_id, identity.channel_id, identity.value
            FROM channel_identities AS identity
            JOIN channel_accounts AS account
                ON account.organization_id = identity.organization_id AND account.id = identity.channel_id
            WHERE identity.profile_due_at <= now() AND identity.kind = 'scoped_id' AND account.status = 'connected'
                AND identity.organization_id <> ALL(%(spared)s::uuid[])
            ORDER BY identity.profile_due_at
            LIMIT 1
            FOR UPDATE OF identity SKIP LOCKED
        ), claimed AS (
            UPDATE channel_identities AS taken
            SET profile_attempts = taken.profile_attempts + 1,
                profile_due_at = now() + interval '5 minutes' * least(power(2, least(taken.profile_attempts, 10)), 288)
            FROM due, channel_accounts AS account
            WHERE taken.organization_id = due.organization_id AND taken.channel_id = due.channel_id
                AND taken.kind = 'scoped_id' AND taken.value = due.value
                AND account.organization_id = taken.organization_id AND account.id = taken.channel_id
            RETURNING taken.organization_id, taken.channel_id, account.platform, account.page_id,
                replace(encode(account.token_sealed, 'base64'), chr(10), '') AS token_sealed,
                taken.value AS scoped_id, taken.profile_attempts AS attempts
        )
        SELECT organization_id, channel_id || ':' || scoped_id AS subject, to_json(claimed) AS row FROM claimed
    """
    return await tx.find(ClaimedStranger, sql, spared=list(spared))


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
        name=profile.display_name,
        first_name=profile.first_name or profile.display_name,
        last_name=profile.last_name,
    )


async def update_due(tx: Tx, *, stranger: Stranger, after_s: float | None) -> None:
    """Set after how many seconds to ask again; None is never."""
    sql = """
        UPDATE channel_identities
        SET profile_due_at = now() + make_interval(secs => %(after_s)s)
        WHERE organization_id = %(organization_id)s AND channel_id = %(channel_id)s AND kind = 'scoped_id'
            AND value = %(scoped_id)s
    """
    values = {"organization_id": stranger.organization_id, "channel_id": stranger.channel_id}
    await tx.run(sql, scoped_id=stranger.scoped_id, after_s=after_s, **values)
