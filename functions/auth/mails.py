"""The routes that send mail, and those that a mail leads back to."""

from http import HTTPStatus

import msgspec
from starlette.responses import Response

from shared.edge import Call
from shared.kernel.errors import InvalidRequest, Refusal
from shared.platform.accounts import mail_requests, redirects, verification
from shared.platform.accounts.models import Session
from shared.platform.accounts.proofs.tokens import FLOW_PREFIX
from shared.platform.accounts.verification import Verified
from shared.quotas import attempts

from .bodies import LinkQuery, MailAddress, OneTimePassword, Resending, Verification
from .context import AccountContext
from .errors import status_and_code
from .unsupported import PhoneProviderDisabled

HALF = "Confirmation link accepted. Please proceed to confirm link sent to the other email"
_OAUTH_ERRORS = {
    HTTPStatus.BAD_REQUEST: "invalid_request",
    HTTPStatus.UNAUTHORIZED: "unauthorized_client",
    HTTPStatus.FORBIDDEN: "access_denied",
    HTTPStatus.SERVICE_UNAVAILABLE: "temporarily_unavailable",
}


class Accepted(msgspec.Struct, frozen=True):
    """The answer does not reveal whether a mail was sent."""


class HalfChanged(msgspec.Struct, frozen=True):
    """The other address has to confirm too."""

    msg: str = HALF
    code: str = "200"


async def recover(context: AccountContext, *, body: MailAddress) -> Accepted:
    """Send a sign-in link to a person who has forgotten the password."""
    if not body.email:
        raise InvalidRequest("password recovery requires an email")
    await mail_requests.recover(context.visitor, email=body.email, landing=context.landing(body))
    await attempts.remember_request(body.email, address=context.call.address)
    return Accepted()


async def otp(context: AccountContext, *, body: OneTimePassword) -> Accepted:
    """Send a code and a link to sign in with."""
    if body.phone:
        raise PhoneProviderDisabled
    if not body.email:
        raise InvalidRequest("email is missing")
    await mail_requests.send_otp(
        context.visitor,
        email=body.email,
        creates=body.create_user,
        data=body.data or {},
        landing=context.landing(body),
    )
    await attempts.remember_request(body.email, address=context.call.address)
    return Accepted()


async def magiclink(context: AccountContext, *, body: MailAddress) -> Accepted:
    """Send a link to sign in with, to new people too; the older name of `otp`."""
    return await otp(context, body=OneTimePassword(**body.model_dump()))


async def resend(context: AccountContext, *, body: Resending) -> Accepted:
    """Send the confirmation of a sign-up or of another address again."""
    if body.phone or body.type in ("sms", "phone_change"):
        raise PhoneProviderDisabled
    if body.type not in ("signup", "email_change"):
        raise InvalidRequest("type must be signup or email_change")
    if not body.email:
        raise InvalidRequest("email is missing")
    send = mail_requests.resend_confirmation if body.type == "signup" else mail_requests.resend_email_change
    await send(context.visitor, email=body.email, landing=context.landing(body))
    await attempts.remember_request(body.email, address=context.call.address)
    return Accepted()


async def reauthenticate(context: AccountContext) -> Accepted:
    """Send a code that a new password requires."""
    await mail_requests.reauthenticate(context.visitor, context.person)
    return Accepted()


async def verify(call: Call, *, body: Verification) -> Session | HalfChanged:
    """Verify a mailed code or a link's token, once."""
    verified = await _verified(AccountContext(call), body)
    return verified.session or HalfChanged()


async def follow_link(call: Call, *, query: LinkQuery) -> Response:
    """Verify a mailed link and redirect to the application with the session, a code, or an error."""
    context = AccountContext(call)
    landing, begins_flow = context.landing().redirect_to, query.token.startswith(FLOW_PREFIX)
    try:
        verified = await verification.verify_token(
            context.visitor, kind=query.type, token=query.token, ends_flow=begins_flow
        )
    except Refusal as refusal:
        call.log["error"] = refusal.code
        return _see_other(_failed(landing, refusal, in_query=begins_flow))
    return _see_other(_landed(landing, verified, query.type, in_query=begins_flow))


async def _verified(context: AccountContext, body: Verification) -> Verified:
    if body.phone:
        raise PhoneProviderDisabled
    if body.token_hash:
        if body.token or body.email:
            raise InvalidRequest("only the token_hash and type should be provided")
        return await verification.verify_token(context.visitor, kind=body.type, token=body.token_hash, ends_flow=False)
    if not body.token or not body.email:
        raise InvalidRequest("send token and email, or token_hash")
    await attempts.charge_code(body.email, address=context.call.address)
    return await verification.verify_code(
        context.visitor, kind=body.type, email=body.email, otp=body.token.replace("-", "").strip()
    )


def _landed(landing: str, verified: Verified, kind: str, *, in_query: bool) -> str:
    if verified.auth_code is not None:
        return redirects.with_query(landing, code=verified.auth_code)
    if verified.session is None:
        target = redirects.with_query(landing, message=HALF) if in_query else landing
        return redirects.with_fragment(target, message=HALF)
    session = verified.session
    return redirects.with_fragment(
        landing,
        access_token=session.access_token,
        expires_at=str(session.expires_at),
        expires_in=str(session.expires_in),
        refresh_token=session.refresh_token,
        token_type=session.token_type,
        type=kind,
    )


def _failed(landing: str, refusal: Refusal, *, in_query: bool) -> str:
    status, code = status_and_code(refusal)
    error = _OAUTH_ERRORS.get(HTTPStatus(status), "server_error")
    fields = {"error": error, "error_code": code, "error_description": refusal.message}
    return redirects.with_fragment(redirects.with_query(landing, **fields) if in_query else landing, **fields)


def _see_other(url: str) -> Response:
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": redirects.as_header(url)})
