"""The deletion of old data: expired codes and the records of mails after a day, the rest later."""

from functools import partial

import msgspec

from shared.platform.accounts import queries as accounts
from shared.platform.accounts.mail import queries as mails
from shared.platform.accounts.proofs import queries as proofs
from shared.runtime.retention import purge
from shared.tenancy.transactions import accounts_tx

from . import queries

_FOR_S = 40.0


class Forgotten(msgspec.Struct, frozen=True):
    codes: int
    flows: int
    mails: int
    mail_requests: int
    familiar_networks: int
    refresh_tokens: int
    sessions: int
    audit_entries: int


_DELETES = {
    "codes": proofs.delete_old_tokens,
    "flows": proofs.delete_old_flows,
    "mails": mails.delete_old_mails,
    "mail_requests": mails.delete_old_mail_requests,
    "familiar_networks": accounts.delete_old_familiar_networks,
    "refresh_tokens": queries.delete_old_refresh_tokens,
    "sessions": queries.delete_old_sessions,
    "audit_entries": queries.delete_old_audit_entries,
}


async def forget_old(*, request_id: str) -> Forgotten:
    return Forgotten(**await purge(_DELETES, partial(accounts_tx, request_id=request_id), for_s=_FOR_S))
