"""Whom a message goes to."""

import msgspec


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to send to; of several WhatsApp names the phone (`wa_id` or E.164) wins, as it does at Meta."""

    phone: str | None = None
    user_id: str | None = None
    group_id: str | None = None
    scoped_id: str | None = None
