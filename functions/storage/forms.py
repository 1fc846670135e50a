"""The parts of a multipart form as they arrive; only its fields are held in memory."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple

from shared.platform.storage.errors import EntityTooLarge, NoContentProvided

if TYPE_CHECKING:
    from werkzeug.sansio.multipart import MultipartDecoder

_MOST_PARTS = 50
_PIECE_BYTES = 65_536


class FormField(NamedTuple):
    name: str
    value: str


class FormFile(NamedTuple):
    """The form's file begins; its bytes follow."""

    content_type: str | None


async def form_parts(
    body: AsyncIterator[bytes], content_type: str, *, most_bytes: int
) -> AsyncIterator[FormField | FormFile | bytes]:
    """Yield fields, the first file, and its bytes; ignore a second file.

    Raises:
        NoContentProvided: for a body that is no form.
        EntityTooLarge: for fields of more than `most_bytes` together.
    """
    # Imported only for uploads; the framework brings the package.
    from werkzeug.exceptions import RequestEntityTooLarge  # noqa: PLC0415

    reading = _Reading(_decoder(content_type, most_bytes), most_bytes)
    try:
        async for piece in body:
            for start in range(0, len(piece), _PIECE_BYTES):
                for part in reading.parts(piece[start : start + _PIECE_BYTES]):
                    yield part
        for part in reading.parts(None):
            yield part
    except RequestEntityTooLarge as fault:
        raise EntityTooLarge from fault
    except ValueError as fault:
        raise NoContentProvided("the body is no multipart form") from fault


class _Reading:
    """The state of the decoder: the part to which the next bytes belong."""

    def __init__(self, decoder: "MultipartDecoder", most_bytes: int) -> None:
        self._decoder = decoder
        self._field: str | None = None
        self._value = bytearray()
        self._left = most_bytes
        self._files = 0

    def parts(self, piece: bytes | None) -> "list[FormField | FormFile | bytes]":
        from werkzeug.sansio.multipart import Data, Epilogue, Field, File, NeedData  # noqa: PLC0415

        self._decoder.receive_data(piece)
        found: list[FormField | FormFile | bytes] = []
        while not isinstance(event := self._decoder.next_event(), NeedData | Epilogue):
            if isinstance(event, File):
                self._field, self._files = None, self._files + 1
                if self._files == 1:
                    found.append(FormFile(event.headers.get("content-type")))
            elif isinstance(event, Field):
                self._field = event.name or ""
                self._value.clear()
            elif isinstance(event, Data):
                found.extend(self._data(event.data, is_last=not event.more_data))
        return found

    def _data(self, data: bytes, *, is_last: bool) -> "list[FormField | FormFile | bytes]":
        if self._field is None:
            return [data] if self._files == 1 else []
        self._left -= len(data)
        if self._left < 0:
            raise EntityTooLarge
        self._value += data
        return [FormField(self._field, self._value.decode("utf-8", "replace"))] if is_last else []


def _decoder(content_type: str, most_bytes: int) -> "MultipartDecoder":
    from werkzeug.http import parse_options_header  # noqa: PLC0415
    from werkzeug.sansio.multipart import MultipartDecoder  # noqa: PLC0415

    boundary = parse_options_header(content_type)[1].get("boundary")
    if not boundary:
        raise NoContentProvided
    return MultipartDecoder(boundary.encode("latin-1", "replace"), most_bytes, max_parts=_MOST_PARTS)
