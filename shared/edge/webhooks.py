"""Receivers of webhooks: who may send, how a provider proves itself, how it makes sure that we are we."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.datastructures import Headers, QueryParams
from starlette.responses import PlainTextResponse, Response

from shared.auth.webhooks import meta_app_secrets, verified_challenge, verify_meta
from shared.kernel.errors import Forbidden, InvalidToken, MethodNotAllowed, Refusal

from .body import read_body
from .call import Call
from .response import encoded

METHODS = ["GET", "POST"]
_MOST_META_BYTES = 4 * 1_048_576
"""Meta sends up to 3 MB."""


class Provider(NamedTuple):
    """`signer` answers which of the secrets signed the raw bytes; `challenge` what a verification is answered with."""

    signer: Callable[[bytes, Headers], int | None]
    challenge: Callable[[QueryParams], str | None]
    most_bytes: int


class Unproven(Refusal):
    """Whoever sends this has not shown to be the provider."""


class BadSignature(InvalidToken, Unproven):
    code = "bad_signature"
    default_message = "the signature does not belong to these bytes, or to none of the configured secrets"


class VerificationFailed(Forbidden, Unproven):
    code = "verification_failed"
    default_message = "the verify token is not the one that this installation is configured with"


META = Provider(
    signer=lambda raw, headers: verify_meta(raw, headers.get("x-hub-signature-256"), meta_app_secrets()),
    challenge=lambda query: verified_challenge(
        query.get("hub.mode"), query.get("hub.verify_token"), query.get("hub.challenge")
    ),
    most_bytes=_MOST_META_BYTES,
)


async def received(provider: Provider, keep: Callable[[bytes, int], Awaitable[None]], call: Call) -> Response:
    """200 once `keep` has the body; the challenge for a verification.

    Raises:
        BadSignature, VerificationFailed, PayloadTooLarge, MethodNotAllowed.
    """
    request = call.request
    if request.method == "GET":
        challenge = provider.challenge(request.query_params)
        if challenge is None:
            raise VerificationFailed
        return PlainTextResponse(challenge)
    if request.method != "POST":
        raise MethodNotAllowed(allowed=METHODS)
    raw = await read_body(request, limit=provider.most_bytes)
    signed_with = provider.signer(raw, request.headers)
    if signed_with is None:
        raise BadSignature
    await keep(raw, signed_with)
    return encoded(b'{"received":true}', status=200)
