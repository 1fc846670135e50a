"""The recipient of a message."""

import msgspec


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """The recipient's ids; of several on WhatsApp, the phone (`wa_id` or E.164) is used, as Meta does."""

    phone: str | None = None
    user_id: str | None = None
    group_id: str | None = None
    scoped_id: str | None = None
