"""The decorators that make a function out of a handler: credential, limits, body, transaction, answer, log line."""

import inspect
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any, Unpack, cast, get_type_hints

import functions_framework.aio
import msgspec
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from shared.auth.credentials import caller, refuse_browsers
from shared.kernel import json
from shared.kernel.errors import Forbidden, MethodNotAllowed, Refusal
from shared.quotas.rates import JOBS, WEBHOOK, RateExceeded
from shared.runtime.log import log
from shared.runtime.postgres.transaction import Tx, request_time
from shared.runtime.shares import claiming
from shared.tenancy.principal import ANONYMOUS, Principal

from .address import check_address, query_text
from .body import parse_body, parse_fields, read_body
from .call import Call, sent_headers
from .idempotency import IdempotentRequest, canonical, idempotent_request
from .response import Pairs, encoded, error_response, finish, preflight
from .routing import Routes, answer
from .spec import ANYONE, SERVICE_ONLY, Declaration, FunctionKind, Handler, Spec
from .webhooks import Provider, Unproven, routes_of

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}", re.ASCII)
_CLIENT_CLOSED_REQUEST = 499
"""Only for the log line: the client is gone."""
_PATH = re.compile(r"/functions/v1/([a-z0-9-]+)")
_SLOW_TICK_S = 1.0


class NotForThisCaller(Forbidden):
    """The credential is valid, but of a kind that this function does not serve; `allowed` names the kinds it serves."""

    code = "wrong_credential"
    default_message = "this function does not accept that kind of credential"


Refuse = Callable[[Request, Refusal, str], Response]
"""Writes the response to a refusal, for the request and its id."""


def _refuse(_request: Request, refusal: Refusal, request_id: str) -> Response:
    return error_response(refusal, request_id=request_id)


def endpoint(
    body: type[BaseModel] | None = None, *, tag: str, **declared: Unpack[Declaration]
) -> Callable[[Handler], Handler]:
    """Declare a function whose handler takes the call and, where there is one, the body's model.

    A refusal that the handler raises rolls its transaction back and becomes the error body.
    """
    return partial(_declared, _answer, kind=FunctionKind.ENDPOINT, body=body, tag=tag, **declared)


def surface(*, tag: str, refuse: Refuse = _refuse, **declared: Unpack[Declaration]) -> Callable[[Handler], Handler]:
    """Declare a function that speaks a protocol of its own: its handler takes the call and returns the response.

    `refuse` writes every refusal in that protocol, also those from before the handler.
    """
    ours: Declaration = {"method": "*", "tx": "own", **declared}
    return partial(_declared, _hand_over, kind=FunctionKind.SURFACE, refuse=refuse, tag=tag, **ours)


def webhook(provider: Provider, *, tag: str) -> Callable[[Handler], Handler]:
    """Declare a receiver: its handler takes the call, the raw body and which of the provider's secrets signed it.

    Signed calls have no rate limit. Calls without a good signature are refused and counted by address.
    """

    def declare(handler: Handler) -> Handler:
        routes = routes_of(provider, handler)
        return _declared(
            partial(_receive, routes),
            handler,
            routes=routes,
            kind=FunctionKind.WEBHOOK,
            tag=tag,
            method="*",
            access=ANYONE,
            rate=WEBHOOK,
            tx="own",
            counts_itself=True,
        )

    return declare


def cron(*, every_s: int) -> Callable[[Handler], Handler]:
    """Declare a job that the scheduler calls with the service credential."""
    return partial(
        _declared,
        _answer,
        kind=FunctionKind.JOB,
        tag="Automation",
        access=SERVICE_ONLY,
        rate=JOBS,
        schedule_s=every_s,
    )


def _declared(
    respond: Callable[[Spec, Handler, Call], Awaitable[Response]],
    handler: Handler,
    *,
    refuse: Refuse = _refuse,
    **declared: Any,
) -> Handler:
    return _registered(respond, handler, refuse, _spec(handler, **declared))


def _registered(
    respond: Callable[[Spec, Handler, Call], Awaitable[Response]], handler: Handler, refuse: Refuse, spec: Spec
) -> Handler:
    """Register the handler with the framework. Its `register` repeats that under another declaration."""
    function = update_wrapper(partial(_serve, spec, partial(respond, spec, handler), refuse), handler)
    function.spec = spec  # type: ignore[attr-defined]
    function.register = partial(_registered, respond, handler, refuse)  # type: ignore[attr-defined]
    registered = functions_framework.aio.http(function)
    return cast("Handler", registered)


def _spec(handler: Handler, **declared: Any) -> Spec:
    first_line, _, description = (inspect.getdoc(inspect.getmodule(handler)) or "").partition("\n")
    name, summary = name_and_summary(first_line)
    return Spec(
        name=name or Path(inspect.getfile(handler)).parent.name.replace("_", "-"),
        summary=summary,
        description=description.strip(),
        result=get_type_hints(handler).get("return"),
        **declared,
    )


def name_and_summary(first_line: str) -> tuple[str | None, str]:
    """Read name and summary from a docstring of main.py, because a deployed folder may have any name."""
    named = _PATH.search(first_line)
    return named[1] if named else None, first_line.partition(": ")[2] or first_line


async def _serve(spec: Spec, respond: Callable[[Call], Any], refuse: Refuse, request: Request) -> Response:
    """Answer a request with one response and one log line. Only this, and a job for one row, catches everything."""
    started = time.perf_counter()
    sent = sent_headers(request)
    if request.method == "OPTIONS":
        return preflight(sent.get("origin"), spec.method)
    call = Call(request, sent, os.urandom(16).hex(), ANONYMOUS, spec.rate)
    try:
        response, allow = await _response(spec, respond, refuse, call)
        seconds = time.perf_counter() - started
        if not _did_nothing(spec, response, seconds):
            _log(spec, call, response, seconds)
        headers = [*_request_id(call), *allow, *(call.usage.headers() if call.usage else ())]
        return finish(response, origin=sent.get("origin"), headers=headers)
    except Exception as fault:  # noqa: BLE001  (while the answer is written)
        log().error("request", function=spec.name, status=500, request_id=call.request_id, exc_info=fault)
        return finish(error_response(Refusal(), request_id=call.request_id), origin=None, headers=_request_id(call))


async def _response(spec: Spec, respond: Callable[[Call], Any], refuse: Refuse, call: Call) -> tuple[Response, Pairs]:
    """Return the handler's answer or its refusal, and for a wrong method the header with the right ones."""
    try:
        with nullcontext() if spec.kind is FunctionKind.JOB else request_time(), claiming(call.claim):
            await _admit(spec, call)
            return await respond(call), []
    except Refusal as refusal:
        call.refused(refusal)
        call.usage = refusal.usage if isinstance(refusal, RateExceeded) else call.usage
        allow = _allow(spec, refusal) if isinstance(refusal, MethodNotAllowed) else []
        return refuse(call.request, refusal, call.request_id), allow
    except ClientDisconnect:
        call.log["error"] = "client_disconnected"
        return Response(status_code=_CLIENT_CLOSED_REQUEST), []
    except Exception as fault:  # noqa: BLE001
        call.log["exc_info"] = fault
        return refuse(call.request, Refusal(), call.request_id), []


def _request_id(call: Call) -> Pairs:
    return [(b"x-request-id", call.request_id.encode())]


def _allow(spec: Spec, refusal: MethodNotAllowed) -> Pairs:
    """Return the header Allow; a surface names the methods of its path itself."""
    return [(b"allow", ", ".join(refusal.details.get("allowed", spec.methods)).encode())]


async def _admit(spec: Spec, call: Call) -> None:
    """Check the method, the credential, the rate and the address before the body is read."""
    if not spec.answers(call.request.method):
        raise MethodNotAllowed(f"{spec.name} answers {', '.join(spec.methods)}", allowed=list(spec.methods))
    call.principal = _caller(spec, call.headers)
    if not spec.counts_itself:
        await call.charge()
    check_address(call.request.scope)


def _caller(spec: Spec, headers: Mapping[str, str]) -> Principal:
    if spec.public:
        # A client may send its dead token along while it exchanges its key for a new one; OAuth clients send Basic; and
        # a protocol of its own reads its credentials itself.
        return ANONYMOUS
    principal = refuse_browsers(caller(headers.get("authorization")), headers)
    if principal.kind not in spec.access:
        allowed = sorted(kind.value for kind in spec.access)
        raise NotForThisCaller(f"{spec.name} serves {', '.join(allowed)}, not {principal.kind.value}", allowed=allowed)
    return principal


async def _receive(routes: Routes, _spec: Spec, _handler: Handler, call: Call) -> Response:
    try:
        return await answer(routes, call)
    except Unproven:
        await call.charge()
        raise


async def _hand_over(spec: Spec, handler: Handler, call: Call) -> Response:
    if spec.scope is not None:
        await call.admit(spec.scope)
    response: Response = await handler(call)
    return response


async def _answer(spec: Spec, handler: Handler, call: Call) -> Response:
    arguments = await _arguments(spec, call)
    if spec.tx == "own":
        if spec.scope is not None:
            await call.admit(spec.scope)
        result = await handler(call, *arguments)
        return encoded(b"" if result is None else json.encode(result), status=spec.status)

    async def work(_: Tx) -> Any:
        return await handler(call, *arguments)

    answer = await call.perform(
        work,
        scope=spec.scope,
        read_only=spec.tx == "read",
        status=spec.status,
        idempotent=_idempotent_request(spec, call.headers, arguments),
    )
    replayed = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return encoded(answer.body, status=answer.status, headers=replayed)


async def _arguments(spec: Spec, call: Call) -> tuple[BaseModel, ...]:
    if spec.body is None:
        return ()
    if spec.method == "GET":
        return (parse_fields(spec.body, query_text(call.request)),)
    raw = await read_body(call.request)
    return (parse_body(spec.body, raw, call.headers.get("content-type", ""), form=spec.form),)


def _idempotent_request(
    spec: Spec, headers: Mapping[str, str], arguments: tuple[BaseModel, ...]
) -> IdempotentRequest | None:
    key = headers.get("idempotency-key")
    if key is None:
        return None
    return idempotent_request(spec.name, key, canonical(*arguments))


def _client_request_id(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the client's own request id for the log, beside ours: clients may repeat theirs."""
    given = headers.get("x-request-id")
    return {"client_request_id": given} if given is not None and _REQUEST_ID.fullmatch(given) else {}


def _did_nothing(spec: Spec, response: Response, seconds: float) -> bool:
    """Tell whether a job found no work and was quick: such a run gets no log line."""
    if spec.kind is not FunctionKind.JOB or response.status_code != spec.status or seconds >= _SLOW_TICK_S:
        return False
    return not any(msgspec.json.decode(response.body, type=dict[str, Any]).values())


def _log(spec: Spec, call: Call, response: Response, seconds: float) -> None:
    fields = {
        "function": spec.name,
        "method": call.request.method,
        "status": response.status_code,
        "duration_ms": round(seconds * 1000, 2),
        "request_id": call.request_id,
        "caller": call.principal.kind,
        "organization_id": call.principal.organization_id,
        "key_id": call.principal.key_id,
    }
    fields.update(_client_request_id(call.headers))
    fields.update(call.log)
    log().write("error" if "exc_info" in call.log else call.level, "request", fields)
