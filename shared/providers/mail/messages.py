"""A mail to one person, as text and as simple HTML."""

from uuid import UUID

import msgspec


class Message(msgspec.Struct, frozen=True):
    id: UUID
    """Names the mail wherever it is sent from again, so that a second copy is seen to be one."""
    recipient: str
    subject: str
    text: str
    html: str
    language: str
