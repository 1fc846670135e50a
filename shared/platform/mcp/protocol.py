"""The handling of one POST of the Model Context Protocol, from headers and body to the reply, without state or I/O."""

from collections.abc import Mapping
from functools import lru_cache

from shared.kernel.errors import Refusal

from . import envelope, transport, versions
from .envelope import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    Notification,
    RpcError,
    RpcRequest,
)
from .methods import Request, Result, Runner, Server
from .transport import Reply
from .versions import Era

BATCH = 20
"""The most messages in one array, each of which counts for the rate limit."""
TTL_MS = 300_000
JSON = {"content-type": "application/json"}


async def dispatch(server: Server, verb: str, headers: Mapping[str, str], body: bytes, runner: Runner) -> Reply:
    """Answer one HTTP request; `headers` have names in lower case.

    Raises:
        Refusal: the request as a whole is refused, by HTTP and not by JSON-RPC.
    """
    if verb != "POST":
        return Reply(405, headers={"allow": "POST"})
    transport.check(headers, origins=server.origins)
    try:
        message = envelope.decode(body)
        if isinstance(message, list):
            return await _batch(server, headers, message, runner)
    except RpcError as error:
        return Reply(400, envelope.failure(None, error), JSON)
    return await _single(server, headers, message, runner)


async def _single(server: Server, headers: Mapping[str, str], message: object, runner: Runner) -> Reply:
    era = versions.era_of_headers(headers)
    try:
        posted = envelope.read(message)
        era = versions.era_of(posted, headers)
        if not isinstance(posted, RpcRequest):
            return _acknowledge(posted, era)
        if era.modern:
            versions.check_modern_request(posted, headers)
        answer = await _answer(server, posted, era, headers, runner)
    except RpcError as error:
        return Reply(era.status(error.code), envelope.failure(envelope.request_id(message), error), JSON)
    return Reply(200, answer, JSON)


def _acknowledge(posted: Notification | None, era: Era) -> Reply:
    """Answer 202. Responses of legacy clients are ignored like notifications, because we send them no requests."""
    if era.modern and posted is None:
        raise RpcError(INVALID_REQUEST, "Invalid request: this endpoint takes requests and notifications")
    if era.modern:
        versions.check_version(era.version)
    return Reply(202)


async def _batch(server: Server, headers: Mapping[str, str], batch: list[object], runner: Runner) -> Reply:
    if not versions.era_of_headers(headers).batches:
        raise RpcError(INVALID_REQUEST, "Invalid request: send one message at a time")
    if not 0 < len(batch) <= BATCH:
        raise RpcError(INVALID_REQUEST, f"Invalid request: a batch has 1 to {BATCH} messages")
    await runner.admit(len(batch) - 1)
    answers = [await _answer_of_batch(server, message, runner) for message in batch]
    replies = [answer for answer in answers if answer is not None]
    return Reply(200, b"[" + b",".join(replies) + b"]", JSON) if replies else Reply(202)


async def _answer_of_batch(server: Server, message: object, runner: Runner) -> bytes | None:
    try:
        posted = envelope.read(message)
        _check_of_batch(posted)
        if not isinstance(posted, RpcRequest):
            return None
        return await _answer(server, posted, Era(versions.ASSUMED, modern=False), {}, runner)
    except RpcError as error:
        return envelope.failure(envelope.request_id(message), error)
    except Refusal as refusal:
        # An HTTP refusal would lose the answers to the other messages of the batch.
        failure = RpcError(refusal.status, refusal.message, refusal.body(runner.request_id))
        return envelope.failure(envelope.request_id(message), failure)


def _check_of_batch(posted: Notification | None) -> None:
    if posted and (posted.method == "initialize" or versions.VERSION_KEY in posted.meta):
        raise RpcError(INVALID_REQUEST, "Invalid request: this message is not sent in a batch")


async def _answer(server: Server, posted: RpcRequest, era: Era, headers: Mapping[str, str], runner: Runner) -> bytes:
    method = server.methods.get(posted.method)
    if method is None or not (method.modern if era.modern else method.legacy):
        raise RpcError(METHOD_NOT_FOUND, "Method not found")
    if posted.params is None:
        raise RpcError(INVALID_PARAMS, "Invalid params: params is an object")
    try:
        result = await method.run(server, Request(posted.method, posted.params, era, headers), runner)
    except (RpcError, Refusal):
        raise
    except Exception as failure:
        runner.report(failure)
        raise RpcError(INTERNAL_ERROR, "Internal error", {"request_id": runner.request_id}) from failure
    finished = _finish(server, result, cacheable=method.cacheable) if era.modern else result.members
    return envelope.success(posted.id, finished)


def _finish(server: Server, result: Result, *, cacheable: bool) -> bytes:
    tail = _tail(server.info["name"], server.info["version"], result.kind, cacheable and result.kind == "complete")
    return result.members + b"," + tail if result.members else tail


@lru_cache
def _tail(name: str, version: str, kind: str, cacheable: bool) -> bytes:
    """Encode the common members of modern results; their cache is private, because lists depend on scopes."""
    common = {"resultType": kind, "_meta": {versions.SERVER_KEY: {"name": name, "version": version}}}
    return envelope.members(common | ({"ttlMs": TTL_MS, "cacheScope": "private"} if cacheable else {}))
