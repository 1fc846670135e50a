"""A mail server on loopback: takes what it is sent, or refuses it."""

import asyncio
from email import message_from_bytes, policy
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr

if TYPE_CHECKING:
    from email.message import EmailMessage

ADDRESS = "127.0.0.1"


class MailServer:
    """Enough of RFC 5321 for a client that says EHLO, MAIL, RCPT, DATA, RSET and QUIT."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer: str | None = None
        """To every mail, instead of taking it."""
        self.refused: set[str] = set()
        """Recipients that there are none of."""
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> SecretStr:
        assert self._server
        return SecretStr(f"smtp+plain://{ADDRESS}:{self._server.sockets[0].getsockname()[1]}")

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._converse, ADDRESS, 0)
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
        while line := (await reader.readline()).decode().strip():
            answer = await self._answer(line, reader, writer)
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
            if line.upper() == "QUIT":
                break
        writer.close()

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        verb = line.split(maxsplit=1)[0].upper()
        if verb == "RCPT" and any(address in line for address in self.refused):
            return "550 no such person"
        if verb == "QUIT":
            return "221 bye"
        if verb != "DATA":
            return "250 fine"
        writer.write(b"354 go on\r\n")
        raw = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
        if self.answer:
            return self.answer
        self.mails.append(message_from_bytes(raw, policy=policy.default))
        return "250 taken"
