"""A mail to one person, as text and as simple HTML."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
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


def as_mime(message: Message, *, sender: str) -> EmailMessage:
    """The mail as servers carry it; never one that an out-of-office answers."""
    mime = EmailMessage(policy=SMTP)
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    mime["From"], mime["To"], mime["Subject"] = sender, message.recipient, message.subject
    mime["Date"] = format_datetime(datetime.now(UTC))
    mime["Message-ID"] = f"<{message.id}@{domain}>"
    mime["Auto-Submitted"] = "auto-generated"
    mime.set_content(message.text)
    mime.add_alternative(message.html, subtype="html")
    # Not earlier: it would have become the first part's.
    mime["Content-Language"] = message.language
    return mime
