"""Receivers of webhooks: how a provider signs its requests, and how it verifies our address."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.datastructures import Headers, QueryParams
from starlette.responses import PlainTextResponse, Response

from shared.auth.webhooks import meta_app_secrets, verified_challenge, verify_meta
from shared.kernel.errors import Forbidden, InvalidToken, Refusal

from .body import read_body
from .call import Call
from .documentation import Description, Schema
from .response import encoded
from .routing import ANY, DATABASE, Route, Routes, open_to_all

_MOST_META_BYTES = 4 * 1_048_576
"""Meta sends up to 3 MB."""
_CHALLENGE: tuple[Schema, ...] = tuple(
    {"name": f"hub.{part}", "in": "query", "required": True, "schema": {"type": "string"}}
    for part in ("mode", "verify_token", "challenge")
)
_RECEIVED: Schema = {"type": "object", "properties": {"received": {"const": True}}, "required": ["received"]}


class Provider(msgspec.Struct, frozen=True):
    """A sender of webhooks. `signer` finds the secret that signed the raw bytes; `challenge` answers a verification."""

    signer: Callable[[bytes, Headers], int | None]
    challenge: Callable[[QueryParams], str | None]
    most_bytes: int


class Unproven(Refusal):
    """The sender has not proved to be the provider."""


class BadSignature(InvalidToken, Unproven):
    code = "bad_signature"
    default_message = "the signature does not belong to these bytes, or to none of the configured secrets"


class VerificationFailed(Forbidden, Unproven):
    code = "verification_failed"
    default_message = "the verify token is not the configured one"


META = Provider(
    signer=lambda raw, headers: verify_meta(raw, headers.get("x-hub-signature-256"), meta_app_secrets()),
    challenge=lambda query: verified_challenge(
        query.get("hub.mode"), query.get("hub.verify_token"), query.get("hub.challenge")
    ),
    most_bytes=_MOST_META_BYTES,
)


def routes_of(provider: Provider, keep: Callable[[Call, bytes, int], Awaitable[None]]) -> Routes:
    """Return the provider's two routes: one verifies our address, the other passes signed bodies to `keep`."""

    async def verify(call: Call) -> Response:
        """Answer the provider's challenge, which proves that the address is ours."""
        challenge = provider.challenge(call.request.query_params)
        if challenge is None:
            raise VerificationFailed
        return PlainTextResponse(challenge)

    async def receive(call: Call) -> Response:
        """Store a signed body and answer 200; a job reads it later."""
        raw = await read_body(call.request, limit=provider.most_bytes)
        signed_with = provider.signer(raw, call.request.headers)
        if signed_with is None:
            raise BadSignature
        await keep(call, raw, signed_with)
        return encoded(b'{"received":true}', status=200)

    return Routes("", [_verification(verify), _reception(receive)])


def _verification(handler: Callable[[Call], Awaitable[Response]]) -> Route:
    return Route(
        "GET",
        ANY,
        handler,
        open_to_all,
        result={"type": "string"},
        refusals=(VerificationFailed,),
        described=Description(
            name="verification",
            parameters=_CHALLENGE,
            media_type="text/plain",
            answers={200: "The challenge."},
        ),
    )


def _reception(handler: Callable[[Call], Awaitable[Response]]) -> Route:
    return Route(
        "POST",
        ANY,
        handler,
        open_to_all,
        result=_RECEIVED,
        refusals=(BadSignature, *DATABASE),
        described=Description(takes={"application/json": {"type": "object"}}, answers={200: "The body is stored."}),
    )
