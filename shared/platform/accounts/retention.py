"""What is forgotten: after a day what opens nothing any more and tells who was written to, after 90 networks."""

import msgspec

from shared.tenancy.transactions import accounts_tx

from . import queries as accounts
from .mail import queries as mails
from .proofs import queries as proofs


class Forgotten(msgspec.Struct, frozen=True):
    codes: int
    flows: int
    mails: int
    mail_requests: int


async def forget_old(*, request_id: str) -> Forgotten:
    async with accounts_tx(request_id=request_id) as tx:
        await accounts.delete_old_familiar_networks(tx)
        return Forgotten(
            codes=await proofs.delete_old_tokens(tx),
            flows=await proofs.delete_old_flows(tx),
            mails=await mails.delete_old_mails(tx),
            mail_requests=await mails.delete_old_mail_requests(tx),
        )
