"""Sends mails where NEXUS_MAIL_URL points: a mail server, spoken to in a thread, or a directory."""

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
    """`error` None for a mail that was taken; `may_succeed_later` tells a server that is busy from one that says no."""

    error: str | None = None
    may_succeed_later: bool = True


async def send(messages: Sequence[Message]) -> list[Outcome]:
    """What became of each, in their order; one connection carries them all."""
    chosen = settings()
    if chosen.mail_url is None:
        return [Outcome("NEXUS_MAIL_URL is not set") for _ in messages]
    url = urlsplit(chosen.mail_url.get_secret_value())
    made = [_made(message, sender=chosen.mail_from) for message in messages]
    mimes = [each for each in made if isinstance(each, EmailMessage)]
    if url.scheme == "file":
        sent = iter(await asyncio.to_thread(_keep, Path(unquote(url.path)), mimes))
    else:
        sent = iter(await asyncio.to_thread(_transmit, url, mimes, chosen.mail_timeout_s) if mimes else [])
    return [each if isinstance(each, Outcome) else next(sent) for each in made]


def _made(message: Message, *, sender: str) -> EmailMessage | Outcome:
    """One that cannot be written as a mail is that one's fault alone."""
    try:
        return as_mime(message, sender=sender)
    except (LookupError, TypeError, ValueError) as fault:
        return Outcome(f"{type(fault).__name__}: {fault}"[:500], may_succeed_later=False)


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


def _transmit(url: SplitResult, mimes: list[EmailMessage], timeout_s: float) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        with _session(url, timeout_s) as server:
            for mime in mimes:
                outcomes.append(_sent(server, mime))  # noqa: PERF401  those that were taken before a failure stay so
    except (OSError, smtplib.SMTPException) as fault:
        outcomes += [_outcome(fault)] * (len(mimes) - len(outcomes))
    return outcomes


def _sent(server: smtplib.SMTP, mime: EmailMessage) -> Outcome:
    try:
        server.send_message(mime)
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refused:
        server.rset()
        return _outcome(refused)
    except (smtplib.SMTPNotSupportedError, LookupError, ValueError) as fault:
        # An address that this server cannot be told says nothing of the mails behind it.
        return Outcome(f"{type(fault).__name__}: {fault}"[:500], may_succeed_later=False)
    return Outcome()


def _outcome(fault: Exception) -> Outcome:
    """What was refused for good is this mail alone: a wrong password of ours may be mended."""
    code = 0
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code = max(each for each, _ in fault.recipients.values())
    elif isinstance(fault, smtplib.SMTPDataError | smtplib.SMTPSenderRefused):
        code = fault.smtp_code
    return Outcome(f"{type(fault).__name__}: {fault}"[:500], may_succeed_later=code < _REFUSED_FOR_GOOD)


@contextmanager
def _session(url: SplitResult, timeout_s: float) -> Iterator[smtplib.SMTP]:
    host, port = url.hostname or "localhost", url.port or _PORTS[url.scheme]
    if url.scheme == "smtps":
        made: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout_s, context=ssl.create_default_context())
    else:
        made = smtplib.SMTP(host, port, timeout=timeout_s)
    with made as server:
        if url.scheme == "smtp":
            server.starttls(context=ssl.create_default_context())
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        yield server


def _keep(directory: Path, mimes: list[EmailMessage]) -> list[Outcome]:
    """One file each, whose names sort by time; a reader never sees half of one."""
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
