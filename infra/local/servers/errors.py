"""Refusals of input that the gateway cannot read as a request, and their HTTP answers."""

import os

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from shared.edge.response import Pairs, error_response, finish
from shared.kernel.errors import PayloadTooLarge, Refusal
from shared.runtime.log import log

LONGEST_TARGET = 65_535
"""Bytes of path and query string, which is as many as the parser takes."""
MOST_HEADERS_BYTES = 65_536
"""The size of all headers as they are sent."""


Headers = list[tuple[bytes, bytes]]


class MalformedRequest(Refusal):
    status = 400
    code = "malformed_request"
    default_message = "this is no HTTP request that could be understood; the connection is closed"


class TargetTooLong(Refusal):
    status = 400
    code = "query_too_large"
    default_message = "the path and the query string are longer than may be: split the request"


class HeadTooLarge(Refusal):
    status = 431
    code = "head_too_large"
    default_message = "the headers are larger than may be: send fewer, or shorter ones"


class UnsupportedVersion(Refusal):
    status = 505
    code = "unsupported_http_version"
    default_message = "HTTP/1.1 and HTTP/1.0 are spoken here"


def check_head(method: bytes, headers: Headers, version: str) -> None:
    """Check that a head that the parser accepts has only one possible reading for every proxy on the way.

    Raises:
        UnsupportedVersion: for any version but 1.1 and 1.0.
        MalformedRequest: for CONNECT, a missing or repeated Host, or an unknown transfer encoding.
    """
    if version not in {"1.1", "1.0"}:
        raise UnsupportedVersion
    if method == b"CONNECT":
        raise MalformedRequest("there is no tunnel here")
    names = [name for name, _ in headers]
    hosts = names.count(b"host")
    if hosts != 1 and (hosts or version == "1.1"):
        raise MalformedRequest("a request has one header Host")
    if b"transfer-encoding" in names:
        coding = b",".join(value for name, value in headers if name == b"transfer-encoding")
        if version == "1.0" or coding.lower() != b"chunked":
            raise MalformedRequest("chunked is the only transfer encoding that is understood, and in HTTP/1.1 alone")


def headers_bytes(headers: Headers) -> int:
    return sum(len(name) + len(value) + len(b": \r\n") for name, value in headers)


def check_size(target: bytes, headers_bytes: int) -> None:
    """Check that a head, or the part of it that has arrived, is within the limits.

    Raises:
        TargetTooLong: for path and query string.
        HeadTooLarge: for the headers.
    """
    if len(target) > LONGEST_TARGET:
        raise TargetTooLong(limit=LONGEST_TARGET, current=len(target))
    if headers_bytes > MOST_HEADERS_BYTES:
        raise HeadTooLarge(limit_bytes=MOST_HEADERS_BYTES)


def refusal_of(fault: HttpParserError) -> Refusal:
    """Return the refusal raised while the parser read, or one with the parser's own text, which repeats no input."""
    if isinstance(fault.__context__, Refusal):
        return fault.__context__
    reason = str(fault)
    if reason in {"Invalid HTTP version", "Pause on PRI/Upgrade"}:
        return UnsupportedVersion()
    if reason in {"Content-Length overflow", "Chunk size overflow"}:
        return PayloadTooLarge(limit_bytes=2**64 - 1)
    if fault.__context__ is not None:
        return MalformedRequest("the target is no path of this host")
    return MalformedRequest(f"this is no HTTP request that could be understood: {reason}")


def error_answer(refusal: Refusal, *, origin: str, headers: Pairs) -> bytes:
    """Return the whole answer, with `headers` and our own, after which the connection ends; log the refusal."""
    request_id = os.urandom(16).hex()
    log().info("refused_head", status=refusal.status, error=refusal.code, request_id=request_id)
    named = [(b"x-request-id", request_id.encode()), (b"connection", b"close")]
    response = finish(error_response(refusal, request_id=request_id), origin=origin, headers=[*headers, *named])
    head = b"".join(b"%s: %s\r\n" % pair for pair in response.raw_headers)
    return STATUS_LINE[refusal.status] + head + b"\r\n" + bytes(response.body)
