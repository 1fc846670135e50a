"""The job that sends queued mails; functions that only queue mails do not import it."""

from collections.abc import Sequence
from functools import partial

import msgspec

from shared.providers.mail import sending
from shared.providers.mail.messages import Message
from shared.providers.mail.sending import Outcome
from shared.runtime import set_aside
from shared.runtime.set_aside import Fault
from shared.tenancy.transactions import accounts_tx

from . import outbox, queries

_BATCH = 20
_MOST_ATTEMPTS = 10
"""The last attempt is four hours after the first, when the mail's code has long expired."""


async def _send(mails: Sequence[queries.DueMail]) -> list[Outcome]:
    """Send the mails, and return their outcomes; a mail that cannot be decrypted or written affects no other."""
    results = [await set_aside.attempt(partial(_unseal, mail)) for mail in mails]
    messages = [result for result in results if not isinstance(result, Fault)]
    outcomes = iter(await sending.send(messages) if messages else [])
    return [Outcome(result.text) if isinstance(result, Fault) else next(outcomes) for result in results]


async def _unseal(mail: queries.DueMail) -> Message:
    return outbox.unseal(mail.id, mail.sealed)


class Sent(msgspec.Struct, frozen=True):
    sent: int
    failed: int
    """Includes mails that will be tried again."""


async def send_waiting(*, request_id: str) -> Sent:
    """Send the due mails, between transactions; if the process dies, mails whose outcome was not kept go out again."""
    sent = failed = 0
    while True:
        async with accounts_tx(request_id=request_id) as tx:
            mails = await queries.claim_mails(tx, limit=_BATCH)
        if not mails:
            return Sent(sent, failed)
        outcomes = await _send(mails)
        async with accounts_tx(request_id=request_id) as tx:
            for mail, outcome in zip(mails, outcomes, strict=True):
                if outcome.error is None:
                    queries.update_mail_sent(tx, mail_id=mail.id)
                else:
                    is_over = mail.attempts >= _MOST_ATTEMPTS or not outcome.may_succeed_later
                    queries.update_mail_failed(tx, mail_id=mail.id, error=outcome.error, is_over=is_over)
        accepted = sum(outcome.error is None for outcome in outcomes)
        sent, failed = sent + accepted, failed + len(outcomes) - accepted
