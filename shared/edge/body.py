"""The body of a request: its size, its type, its model. This module does not know the caller."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from shared.kernel.errors import BadRequest, InvalidRequest, PayloadTooLarge, Refusal, UnsupportedMediaType
from shared.kernel.faults import faults_of
from shared.runtime.settings import settings

from .timeouts import in_time

Model = TypeVar("Model", bound=BaseModel)
_FORM = "application/x-www-form-urlencoded"


_SLOWEST_BYTES = 16_384
"""Bytes in a second: a slower sender is cut off."""


class RequestTimeout(Refusal):
    """The connection closes with it, because the rest of the body would be read as the next request."""

    status = 408
    code = "request_timeout"
    default_message = "the body did not arrive in time"


class MalformedJson(BadRequest):
    code = "malformed_json"
    default_message = "the body is not JSON"


async def read_body(request: Request, *, limit: int | None = None) -> bytes:
    """Read the raw body, no further than the limit and for no longer than NEXUS_BODY_TIMEOUT_S.

    Raises:
        PayloadTooLarge: over the limit, by default NEXUS_MAX_BODY_BYTES.
        RequestTimeout.
    """
    most = limit or settings().max_body_bytes
    _check_declared(request, most)
    try:
        return await in_time(_whole(request, most), settings().body_timeout_s)
    except TimeoutError as late:
        raise RequestTimeout from late


async def _whole(request: Request, most: int) -> bytes:
    pieces: list[bytes] = []
    size, more = 0, True  # Not by `stream_body`: a generator costs a small request more than its body does.
    while more:
        piece, more = await _next_piece(request, size, most)
        size += len(piece)
        pieces.append(piece)
    return b"".join(pieces)


async def stream_body(request: Request, *, limit: int) -> AsyncIterator[bytes]:
    """Yield the raw body piece by piece, as long as it does not arrive too slowly.

    Raises:
        PayloadTooLarge: the declared or the received length is over the limit.
        RequestTimeout.
    """
    _check_declared(request, limit)
    size, more = 0, True
    left_s = settings().body_timeout_s
    loop = asyncio.get_running_loop()
    while more:
        started = loop.time()
        try:
            piece, more = await in_time(_next_piece(request, size, limit), left_s)
        except TimeoutError as late:
            raise RequestTimeout from late
        # The time that the receiver spends on a piece is not counted against the sender.
        left_s += len(piece) / _SLOWEST_BYTES - (loop.time() - started)
        size += len(piece)
        yield piece


def _check_declared(request: Request, limit: int) -> None:
    for name, value in request.scope["headers"]:
        if name == b"content-length" and value.isdigit() and float(value) > limit:
            raise PayloadTooLarge(limit_bytes=limit)


async def _next_piece(request: Request, size: int, limit: int) -> tuple[bytes, bool]:
    """Return the piece after the first `size` bytes, and whether more follows."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    piece: bytes = message.get("body", b"")
    if size + len(piece) > limit:
        raise PayloadTooLarge(limit_bytes=limit)
    return piece, message.get("more_body", False)


def parse_body(model: type[Model], raw: bytes, content_type: str, *, form: bool) -> Model:
    """Parse a body as the model.

    Raises:
        UnsupportedMediaType, MalformedJson.
        InvalidRequest: names the JSON pointer and the reason of every fault.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if form and kind == _FORM:
        return parse_fields(model, raw.decode("latin-1"))
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType
    return validate(model, decode_json(raw or b"{}"))


def parse_fields(model: type[Model], query: str) -> Model:
    """Parse a query string or a form as the model.

    Raises:
        InvalidRequest: a parameter is repeated, or the model refuses a value.
    """
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidRequest("a parameter is given twice")
    return validate(model, fields)


def decode_json(raw: bytes) -> Any:
    """Decode JSON.

    Raises:
        MalformedJson.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise MalformedJson(f"the body is not JSON: {fault}") from fault
    except RecursionError as fault:
        raise MalformedJson("the body is nested too deeply") from fault


def validate(model: type[Model], value: Any) -> Model:
    """Check a decoded value by the model.

    Raises:
        InvalidRequest.
    """
    try:
        return model.model_validate(value)
    except ValidationError as fault:
        raise _invalid_request(faults_of(fault, value)) from fault


def _invalid_request(errors: list[dict[str, str]]) -> InvalidRequest:
    summary = "; ".join(f"{error['pointer'] or 'the body'}: {error['message']}" for error in errors[:3])
    return InvalidRequest(f"the request is not valid: {summary}", errors=errors)
