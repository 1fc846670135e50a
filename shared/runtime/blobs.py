"""Files by key, in a local directory or in an S3-compatible bucket: NEXUS_BLOB_URL says which.

A file is complete or absent, and it is written once: no key is used again for other bytes. The holder of a presigned
link may read that one file until the link expires.
"""

import asyncio
import hashlib
import hmac
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

from shared.kernel.errors import NotFound, Unavailable

from .settings import settings

FILE_PATH = "/functions/v1/media-file"
"""The path that serves the links to files of a directory."""
_KEY = re.compile(r"[a-z0-9-]{1,64}(/[a-z0-9-]{1,64}){1,3}", re.ASCII)
_CHUNK_BYTES = 262_144
_SIGNED = ("key", "type", "name", "inline", "expires")


class BlobsNotConfigured(Unavailable):
    code = "blobs_not_configured"
    default_message = (
        "this installation has no storage for files: set NEXUS_BLOB_URL, and NEXUS_SIGNING_KEY for file://"
    )


class Shown(NamedTuple):
    """How a browser shows a file; `inline` false makes it a download."""

    content_type: str
    file_name: str
    inline: bool

    @property
    def disposition(self) -> str:
        plain = re.sub(r"[^\w .()-]", "_", self.file_name, flags=re.ASCII)
        kind = "inline" if self.inline else "attachment"
        return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(self.file_name, safe='')}"


class Linked(NamedTuple):
    """The target of a link: a file and its key, which no other file ever has."""

    key: str
    shown: Shown
    size: int
    modified: float


class Span(NamedTuple):
    """A part of a file: `length` bytes from `start`."""

    start: int
    length: int


class Blobs(Protocol):
    async def put(self, key: str, file: BinaryIO, *, content_type: str) -> None:
        """Store the file, from its beginning.

        Raises:
            Unavailable: the store does not accept it now.
        """
        ...

    async def get(self, key: str, *, span: Span | None = None) -> AsyncIterator[bytes]:
        """Return the bytes, or the part of them in `span`, in pieces.

        Raises:
            NotFound: no file has that key.
            Unavailable: the store does not answer.
        """
        ...

    async def copy(self, source: str, target: str) -> None:
        """Store the same bytes under a second key.

        Raises:
            NotFound: no file has the source's key.
            Unavailable: the store does not accept it now.
        """
        ...

    async def presign(self, key: str, shown: Shown, *, ttl_s: int) -> str:
        """Return a URL at which anybody may read the file for `ttl_s` seconds."""
        ...

    async def delete(self, key: str) -> None:
        """Delete the file; do nothing if it is absent."""
        ...


@cache
def blobs() -> Blobs:
    """Return the configured store.

    Raises:
        BlobsNotConfigured: the settings name none.
    """
    url = urlsplit(settings().blob_url or "")
    if url.scheme == "s3":
        return S3Blobs(url.netloc, url.path.strip("/"), settings().blob_endpoint_url)
    key = settings().signing_key
    if url.scheme != "file" or key is None:
        raise BlobsNotConfigured
    return DirectoryBlobs(Path(unquote(url.path)), key.get_secret_value().encode(), settings().base_url)


class DirectoryBlobs:
    """Files in a directory. Links carry an HMAC of key, presentation and expiry; `media-file` serves them."""

    def __init__(self, directory: Path, signing_key: bytes, base_url: str) -> None:
        self._directory = directory
        self._signing_key = signing_key
        self._base_url = base_url

    async def put(self, key: str, file: BinaryIO, *, content_type: str) -> None:  # noqa: ARG002  links name the type
        try:
            await asyncio.to_thread(_write, self._path(key), file)
        except OSError as fault:
            raise Unavailable("the storage for files cannot be written to", retry_after=10) from fault

    async def get(self, key: str, *, span: Span | None = None) -> AsyncIterator[bytes]:
        file = await self._open(key)
        if span is None:
            return _pieces(file)
        file.seek(span.start)
        return _pieces(file, span.length)

    async def copy(self, source: str, target: str) -> None:
        with await self._open(source) as file:
            await self.put(target, file, content_type="")

    async def presign(self, key: str, shown: Shown, *, ttl_s: int) -> str:
        query = {
            "key": key,
            "type": shown.content_type,
            "name": shown.file_name,
            "inline": "1" if shown.inline else "0",
            "expires": str(int(time.time()) + ttl_s),
        }
        return f"{self._base_url}{FILE_PATH}?{urlencode({**query, 'signature': self._signature(query)})}"

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    def linked(self, query: Mapping[str, str]) -> Linked:
        """Return the file that the query of a link names, and how to show it.

        Raises:
            NotFound: the link is not signed by us, has expired, or its file is gone; the answer does not say which.
        """
        ended = NotFound("this link is not valid or has ended: ask for a new one")
        signed = hmac.compare_digest(self._signature(query).encode(), query.get("signature", "").encode())
        if not signed or int(query["expires"]) < time.time():
            raise ended
        try:
            found = self._path(query["key"]).stat()
        except FileNotFoundError as gone:
            raise ended from gone
        shown = Shown(query["type"], query["name"], query["inline"] == "1")
        return Linked(query["key"], shown, found.st_size, found.st_mtime)

    async def _open(self, key: str) -> BinaryIO:
        try:
            return await asyncio.to_thread(self._path(key).open, "rb")
        except FileNotFoundError as absent:
            raise NotFound("no such file") from absent
        except OSError as fault:
            raise Unavailable("the storage for files cannot be read", retry_after=10) from fault

    def _signature(self, query: Mapping[str, str]) -> str:
        message = "\0".join(query.get(name, "") for name in _SIGNED)
        return hmac.new(self._signing_key, message.encode(), hashlib.sha256).hexdigest()

    def _path(self, key: str) -> Path:
        return self._directory / _checked(key)


class S3Blobs:
    """Files in a bucket. Every call runs in a thread, because boto3 is synchronous."""

    def __init__(self, bucket: str, prefix: str, endpoint_url: str | None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint_url = endpoint_url
        self._made: Any = None

    async def put(self, key: str, file: BinaryIO, *, content_type: str) -> None:
        file.seek(0)
        await self._ask("put_object", key, Body=file, ContentType=content_type)

    async def get(self, key: str, *, span: Span | None = None) -> AsyncIterator[bytes]:
        part = {"Range": f"bytes={span.start}-{span.start + span.length - 1}"} if span else {}
        answer = await self._ask("get_object", key, **part)
        return _pieces(answer["Body"])

    async def copy(self, source: str, target: str) -> None:
        await self._ask("copy_object", target, CopySource=self._location(source))

    async def presign(self, key: str, shown: Shown, *, ttl_s: int) -> str:
        named = {
            **self._location(key),
            "ResponseContentType": shown.content_type,
            "ResponseContentDisposition": shown.disposition,
        }
        client = await asyncio.to_thread(self._client)
        link: str = client.generate_presigned_url("get_object", Params=named, ExpiresIn=ttl_s)
        return link

    async def delete(self, key: str) -> None:
        await self._ask("delete_object", key)

    async def _ask(self, operation: str, key: str, **parameters: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  only where a bucket is configured

        try:
            client = await asyncio.to_thread(self._client)
            return await asyncio.to_thread(getattr(client, operation), **self._location(key), **parameters)
        except ClientError as fault:
            if fault.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                raise NotFound("no such file") from fault
            raise Unavailable(retry_after=5) from fault
        except BotoCoreError as fault:
            raise Unavailable(retry_after=5) from fault

    def _location(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + _checked(key)}

    def _client(self) -> Any:
        if self._made is None:
            import boto3  # noqa: PLC0415  160 ms
            from botocore.config import Config  # noqa: PLC0415

            chosen = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 2}, signature_version="s3v4")
            self._made = boto3.client("s3", endpoint_url=self._endpoint_url, config=chosen)
        return self._made


def _checked(key: str) -> str:
    """Return the key, unless it is none of ours: a path from outside could lead anywhere."""
    if not _KEY.fullmatch(key):
        raise ValueError("not a key of ours")
    return key


def _write(path: Path, file: BinaryIO) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.seek(0)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as target:
            while piece := file.read(_CHUNK_BYTES):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        Path(partial).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(partial).unlink()
        raise


async def _pieces(file: Any, left: float = inf) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(file.read, int(min(_CHUNK_BYTES, left))):
            left -= len(piece)
            yield piece
    finally:
        file.close()
