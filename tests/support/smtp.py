"""A mail server on loopback: takes what it is sent, or refuses it; over TLS from the start or from STARTTLS on."""

import asyncio
import base64
import ssl
from email import message_from_bytes, policy
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr

if TYPE_CHECKING:
    from email.message import EmailMessage

ADDRESS = "127.0.0.1"


class MailServer:
    """Enough of RFC 5321 for a client that says EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, RSET and QUIT."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, scheme: str = "smtp+plain", user: str = "") -> None:
        self._tls = tls
        self._scheme = scheme
        self._user = user
        """And password, as `user:password`; without it anybody may send."""
        self.mails: list[EmailMessage] = []
        self.answer: str | None = None
        """To every mail, instead of taking it."""
        self.refused: set[str] = set()
        """Recipients that there are none of."""
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> SecretStr:
        assert self._server
        user = f"{self._user}@" if self._user else ""
        return SecretStr(f"{self._scheme}://{user}localhost:{self._server.sockets[0].getsockname()[1]}")

    async def __aenter__(self) -> Self:
        tls = self._tls if self._scheme == "smtps" else None
        self._server = await asyncio.start_server(self._converse, ADDRESS, 0, ssl=tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        await self._server.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        known = not self._user
        while line := (await reader.readline()).decode().strip():
            if line.upper().startswith("MAIL") and not known:
                answer = "530 who are you"
            elif line.upper().startswith("AUTH PLAIN"):
                known = base64.b64decode(line.split()[2]).decode().split("\0")[1:] == self._user.split(":")
                answer = "235 welcome" if known else "535 no"
            else:
                answer = await self._answer(line, reader, writer)
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
            if line.upper() == "STARTTLS" and self._tls:
                try:
                    await writer.start_tls(self._tls)
                except ssl.SSLError:
                    break
            if line.upper() == "QUIT":
                break
        writer.close()

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        verb = line.split(maxsplit=1)[0].upper()
        if verb == "RCPT" and any(address in line for address in self.refused):
            return "550 no such person"
        if verb != "DATA":
            offers = "250-STARTTLS\r\n" if self._scheme == "smtp" else ""
            said = {"EHLO": f"250-here\r\n{offers}250 AUTH PLAIN", "STARTTLS": "220 go on", "QUIT": "221 bye"}
            return said.get(verb, "250 fine")
        writer.write(b"354 go on\r\n")
        raw = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
        if self.answer:
            return self.answer
        self.mails.append(message_from_bytes(raw, policy=policy.default))
        return "250 taken"
