"""The mailbox of a machine without a mail server: sent mails, as a page of the local gateway.

Answers below /mailbox while NEXUS_MAIL_URL is a directory, and only to a host name of this machine: otherwise a foreign
site whose name resolves to this machine could read the codes.
"""

import asyncio
import re
from email import message_from_bytes, policy
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared.runtime.settings import settings

PATH = "/mailbox"
_SHOWN = 200
_NAMES_OF_HERE = ("127.0.0.1", "localhost", "::1")
_NAME = re.compile(r"[A-Za-z0-9-]{1,100}", re.ASCII)
_LINK = re.compile(r"https?://[^\s<>\"]+")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_STYLE = "body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap}"


class Mail(NamedTuple):
    name: str
    recipient: str
    subject: str
    date: str
    language: str
    text: str


def is_mine(path: str) -> bool:
    return path == PATH or path.startswith(f"{PATH}/")


async def answer(request: Request) -> Response | None:
    """Return the list or one mail, as JSON when only that is accepted; None without a mailbox or such a mail."""
    directory = _directory()
    if directory is None or request.method != "GET" or request.url.hostname not in _NAMES_OF_HERE:
        return None
    mails = await asyncio.to_thread(_read, directory, request.url.path.removeprefix(PATH).strip("/"))
    if mails is None:
        return None
    if request.headers.get("accept") == "application/json":
        body = msgspec.json.encode([mail._asdict() for mail in mails])
        return Response(body, headers=_HEADERS, media_type="application/json")
    page = _listed(mails) if request.url.path.strip("/") == PATH.strip("/") else _opened(mails[0])
    return HTMLResponse(page, headers=_HEADERS)


def _directory() -> Path | None:
    url = urlsplit(chosen.get_secret_value()) if (chosen := settings().mail_url) else None
    return Path(unquote(url.path)) if url and url.scheme == "file" else None


def _read(directory: Path, name: str) -> list[Mail] | None:
    """Return the newest mails first, or the one with that name; None when there is none."""
    if not name:
        return [_parsed(file) for file in sorted(directory.glob("*.eml"), reverse=True)[:_SHOWN]]
    file = directory / f"{name}.eml"
    return [_parsed(file)] if _NAME.fullmatch(name) and file.is_file() else None


def _parsed(file: Path) -> Mail:
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    text = mail.get_body(("plain",))
    recipient, subject, date, language = (str(mail[name]) for name in ("To", "Subject", "Date", "Content-Language"))
    return Mail(file.stem, recipient, subject, date, language, text.get_content() if text else "")


def _listed(mails: list[Mail]) -> str:
    rows = "".join(
        f'<tr><td>{escape(mail.date)}</td><td>{escape(mail.recipient)}</td><td dir="auto">'
        f'<a href="{PATH}/{mail.name}">{escape(mail.subject)}</a></td></tr>'
        for mail in mails
    )
    return _page("Mailbox", f"<table>{rows}</table>" if mails else "<p>Nothing has been mailed yet.</p>")


def _opened(mail: Mail) -> str:
    text = _LINK.sub(lambda link: f'<a href="{link[0]}">{link[0]}</a>', escape(mail.text, quote=False))
    details = f"{escape(mail.recipient)}, {escape(mail.date)}"
    body = f'<p><a href="{PATH}">Mailbox</a></p><p>{details}</p><pre dir="auto">{text}</pre>'
    return _page(mail.subject, body)


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<style>{_STYLE}</style></head><body><h1 dir="auto">{escape(title)}</h1>{body}</body></html>'
    )
