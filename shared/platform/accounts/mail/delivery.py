"""The sending of what waits in the outbox: a job's work, which functions that only ask for mails do not load."""

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
"""The last one comes four hours after the first, when what the mail carries has long expired."""


async def _sent(waiting: Sequence[queries.Waiting]) -> list[Outcome]:
    """What became of each; one that cannot be opened or written spoils no other."""
    opened = [await set_aside.attempt(partial(_opened, each)) for each in waiting]
    messages = [each for each in opened if not isinstance(each, Fault)]
    outcomes = iter(await sending.send(messages) if messages else [])
    return [Outcome(each.text) if isinstance(each, Fault) else next(outcomes) for each in opened]


async def _opened(mail: queries.Waiting) -> Message:
    return outbox.opened(mail.id, mail.sealed)


class Sent(msgspec.Struct, frozen=True):
    sent: int
    failed: int
    """To be tried again, or given up."""


async def send_waiting(*, request_id: str) -> Sent:
    """Send what is due, between transactions. A mail that was taken as this process died is sent once more."""
    sent = failed = 0
    while True:
        async with accounts_tx(request_id=request_id) as tx:
            waiting = await queries.claim_mails(tx, limit=_BATCH)
        if not waiting:
            return Sent(sent, failed)
        outcomes = await _sent(waiting)
        async with accounts_tx(request_id=request_id) as tx:
            for each, outcome in zip(waiting, outcomes, strict=True):
                if outcome.error is None:
                    queries.update_mail_sent(tx, mail_id=each.id)
                else:
                    is_over = each.attempts >= _MOST_ATTEMPTS or not outcome.may_succeed_later
                    queries.update_mail_failed(tx, mail_id=each.id, error=outcome.error, is_over=is_over)
        taken = sum(outcome.error is None for outcome in outcomes)
        sent, failed = sent + taken, failed + len(outcomes) - taken
