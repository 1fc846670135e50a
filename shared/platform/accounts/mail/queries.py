"""All SQL of this room, as the role supabase_auth_admin."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query
from shared.runtime.postgres.transaction import Tx


class DueMail(msgspec.Struct, frozen=True):
    id: UUID
    sealed: bytes
    attempts: int
    """The attempts until now, including the present one."""


class Reservation(msgspec.Struct, frozen=True):
    """`wait_s` is the time until the next mail to the address is allowed; None if it is allowed now."""

    wait_s: int | None
    to_recipient: int
    """The mails of this hour, including the present one; `for_requester` likewise."""
    for_requester: int
    hour_ends_s: int


class HourlyCounters(NamedTuple):
    """Digests of the recipient and the requester of a mail, with their limits by the hour."""

    recipient: str
    requester: str | None
    most_to_recipient: int
    most_for_requester: int


async def reserve_mail(tx: Tx, *, digest: str, interval: timedelta, counters: HourlyCounters) -> Reservation:
    """Count a mail, one request after the other; `hour_ends_s` is that of the counter above its limit."""
    sql = """
        WITH asked AS (
          INSERT INTO auth.mail_requests AS request (digest)
          VALUES (%(digest)s)
          ON CONFLICT (digest) DO UPDATE SET asked_at = now()
          WHERE request.asked_at <= now() - %(interval)s
          RETURNING digest
        ), counted AS (
          INSERT INTO auth.mail_requests AS request (digest)
          SELECT counted.digest
          FROM unnest(array[%(recipient)s, %(requester)s]::text[]) AS counted (digest)
          WHERE counted.digest IS NOT NULL
          ORDER BY counted.digest
          ON CONFLICT (digest) DO UPDATE SET
            asked = CASE WHEN request.counted_from > now() - interval '1 hour' THEN request.asked + 1 ELSE 1 END,
            counted_from = CASE
              WHEN request.counted_from > now() - interval '1 hour' THEN request.counted_from ELSE now()
            END,
            asked_at = now()
          RETURNING digest, asked, counted_from
        )
        SELECT
          CASE WHEN NOT EXISTS (SELECT FROM asked) THEN greatest(1, ceil(extract(epoch FROM coalesce(
            (SELECT asked_at FROM auth.mail_requests WHERE digest = %(digest)s), now()
          ) + %(interval)s - now()))::integer) END AS wait_s,
          coalesce((SELECT asked FROM counted WHERE digest = %(recipient)s), 0) AS to_recipient,
          coalesce((SELECT asked FROM counted WHERE digest = %(requester)s), 0) AS for_requester,
          (
            SELECT greatest(1, ceil(extract(epoch FROM max(counted_from) + interval '1 hour' - now())))::integer
            FROM counted
            WHERE asked > CASE digest WHEN %(recipient)s THEN %(most_to_recipient)s ELSE %(most_for_requester)s END
          ) AS hour_ends_s
    """
    return await tx.one(Reservation, sql, digest=digest, interval=interval, **counters._asdict())


def insert_mail(tx: Tx, *, mail_id: UUID, sealed: bytes) -> None:
    """Insert the mail with the next statement or the commit."""
    sql = "INSERT INTO auth.outgoing_mail (id, sealed) VALUES (%(mail_id)s, %(sealed)s::bytea)"
    tx.defer(sql, mail_id=mail_id, sealed=sealed)


_CLAIM_MAILS = Query(
    """
    WITH claimed AS (
      UPDATE auth.outgoing_mail AS mail
      SET attempts = mail.attempts + 1, available_at = now() + interval '30 seconds' * power(2, mail.attempts)
      WHERE mail.id IN (
        SELECT id
        FROM auth.outgoing_mail
        WHERE sealed IS NOT NULL AND available_at <= now()
        ORDER BY available_at
        LIMIT {limit}
        FOR UPDATE SKIP LOCKED
      )
      RETURNING mail.id, mail.sealed, mail.attempts, mail.created_at
    )
    SELECT id, sealed, attempts FROM claimed ORDER BY created_at
    """,
    limits=["limit"],
)


async def claim_mails(tx: Tx, *, limit: int) -> list[DueMail]:
    """Claim the due mails, the oldest first; a mail without an outcome is due again after twice the last delay."""
    return await tx.all(DueMail, _CLAIM_MAILS, limit=limit)


def update_mail_sent(tx: Tx, *, mail_id: UUID) -> None:
    """Record that the mail was sent, with the next statement or the commit."""
    sql = "UPDATE auth.outgoing_mail SET sealed = null, sent_at = now(), last_error = null WHERE id = %(mail_id)s"
    tx.defer(sql, mail_id=mail_id)


def update_mail_failed(tx: Tx, *, mail_id: UUID, error: str, is_over: bool) -> None:
    """Record the failure with the next statement or the commit; with `is_over`, the mail is not tried again."""
    sql = """
        UPDATE auth.outgoing_mail
        SET last_error = %(error)s, sealed = CASE WHEN NOT %(is_over)s THEN sealed END
        WHERE id = %(mail_id)s
    """
    tx.defer(sql, mail_id=mail_id, error=error, is_over=is_over)


async def delete_old_mails(tx: Tx) -> int:
    """Delete a limited number of old mails, so that the statement stays short; queued mails stay."""
    sql = """
        DELETE FROM auth.outgoing_mail
        WHERE ctid IN (
          SELECT ctid
          FROM auth.outgoing_mail
          WHERE created_at < now() - interval '1 day' AND sealed IS NULL
          LIMIT 10000
        )
    """
    return await tx.run(sql)


async def delete_old_mail_requests(tx: Tx) -> int:
    sql = """
        DELETE FROM auth.mail_requests
        WHERE ctid IN (SELECT ctid FROM auth.mail_requests WHERE asked_at < now() - interval '1 day' LIMIT 10000)
    """
    return await tx.run(sql)
