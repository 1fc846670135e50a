"""Multipart forms that are written while they are sent, so that only one piece of the file is in memory."""

import secrets
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from .faults import FaultKind, ProviderFault

_ESCAPED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""Escapes in the names of parts and files, as browsers write them."""


class UploadFile(NamedTuple):
    """A file's bytes in pieces; `size` is the sum of the pieces' bytes."""

    pieces: AsyncIterator[bytes]
    size: int
    mime_type: str
    filename: str


class Form:
    """A multipart form with the given fields, then the file as the field `file`."""

    def __init__(self, fields: Mapping[str, str], file: UploadFile) -> None:
        boundary = secrets.token_hex(16)
        self._head = "".join(_field(boundary, name, value) for name, value in fields.items()).encode()
        self._head += _file_head(boundary, file).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._file = file
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + file.size + len(self._tail)),
        }

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the form in pieces.

        Raises:
            ProviderFault: the file does not have the declared size.
        """
        yield self._head
        left = self._file.size
        async for piece in self._file.pieces:
            left -= len(piece)
            if left < 0:
                break
            yield piece
        if left:
            raise ProviderFault(FaultKind.CONTENT, "the file is not as long as its row says")
        yield self._tail


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def _file_head(boundary: str, file: UploadFile) -> str:
    disposition = f'form-data; name="file"; filename="{file.filename.translate(_ESCAPED)}"'
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {file.mime_type}\r\n\r\n"
