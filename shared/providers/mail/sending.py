"""The sending of mails to NEXUS_MAIL_URL: a mail server, called in a thread, or a directory."""

import asyncio
import os
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from shared.runtime.settings import settings

from .messages import Message

_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
_REFUSED_FOR_GOOD = 500


class Outcome(NamedTuple):
    """`error` is None for an accepted mail; `may_succeed_later` is False for a permanent refusal."""

    error: str | None = None
    may_succeed_later: bool = True


async def send(messages: Sequence[Message]) -> list[Outcome]:
    """Send all messages over one connection; return their outcomes in the same order."""
    config = settings()
    if config.mail_url is None:
        return [Outcome("NEXUS_MAIL_URL is not set") for _ in messages]
    url = urlsplit(config.mail_url.get_secret_value())
    results = [_mime_or_outcome(message, sender=config.mail_from) for message in messages]
    mimes = [result for result in results if isinstance(result, EmailMessage)]
    if url.scheme == "file":
        sent = iter(await asyncio.to_thread(_keep, Path(unquote(url.path)), mimes))
    else:
        sent = iter(await asyncio.to_thread(_transmit, url, mimes, config.mail_timeout_s) if mimes else [])
    return [result if isinstance(result, Outcome) else next(sent) for result in results]


def _mime_or_outcome(message: Message, *, sender: str) -> EmailMessage | Outcome:
    """Return the mail, or a failure of this message alone if it cannot be written as one."""
    try:
        return as_mime(message, sender=sender)
    except (LookupError, TypeError, ValueError) as fault:
        return Outcome(f"{type(fault).__name__}: {fault}"[:500], may_succeed_later=False)


def as_mime(message: Message, *, sender: str) -> EmailMessage:
    """Return the mail in MIME, marked as automatic so that no out-of-office reply follows."""
    mime = EmailMessage(policy=SMTP)
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    mime["From"], mime["To"], mime["Subject"] = sender, message.recipient, message.subject
    mime["Date"] = format_datetime(datetime.now(UTC))
    mime["Message-ID"] = f"<{message.id}@{domain}>"
    mime["Auto-Submitted"] = "auto-generated"
    mime.set_content(message.text)
    mime.add_alternative(message.html, subtype="html")
    # Set last: before the alternative was added, it would have become a header of the first part.
    mime["Content-Language"] = message.language
    return mime


def _transmit(url: SplitResult, mimes: list[EmailMessage], timeout_s: float) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        with _session(url, timeout_s) as server:
            for mime in mimes:
                outcomes.append(_sent(server, mime))  # noqa: PERF401  a failure keeps the outcomes before it
    except (OSError, smtplib.SMTPException) as fault:
        outcomes += [_outcome(fault)] * (len(mimes) - len(outcomes))
    return outcomes


def _sent(server: smtplib.SMTP, mime: EmailMessage) -> Outcome:
    try:
        server.send_message(mime)
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refusal:
        server.rset()
        return _outcome(refusal)
    except (smtplib.SMTPNotSupportedError, LookupError, ValueError) as fault:
        # An address that this server cannot encode says nothing about the next mails.
        return Outcome(f"{type(fault).__name__}: {fault}"[:500], may_succeed_later=False)
    return Outcome()


def _outcome(fault: Exception) -> Outcome:
    """Return a permanent failure only if the server refused this mail; other faults, such as our password, may end."""
    code = 0
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _ in fault.recipients.values())
    elif isinstance(fault, smtplib.SMTPDataError | smtplib.SMTPSenderRefused):
        code = fault.smtp_code
    return Outcome(f"{type(fault).__name__}: {fault}"[:500], may_succeed_later=code < _REFUSED_FOR_GOOD)


@contextmanager
def _session(url: SplitResult, timeout_s: float) -> Iterator[smtplib.SMTP]:
    host, port = url.hostname or "localhost", url.port or _PORTS[url.scheme]
    if url.scheme == "smtps":
        session: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout_s, context=ssl.create_default_context())
    else:
        session = smtplib.SMTP(host, port, timeout=timeout_s)
    with session as server:
        if url.scheme == "smtp":
            server.starttls(context=ssl.create_default_context())
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        yield server


def _keep(directory: Path, mimes: list[EmailMessage]) -> list[Outcome]:
    """Write each mail as a file whose name sorts by time; readers never see a partial file."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for mime in mimes:
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{mime['Message-ID'].strip('<>').partition('@')[0]}"
            partial = directory / f".{name}"
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(mime.as_bytes())
            partial.rename(directory / f"{name}.eml")
    except OSError as fault:
        return [_outcome(fault)] * len(mimes)
    return [Outcome()] * len(mimes)
