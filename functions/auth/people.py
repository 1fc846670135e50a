"""The routes of people."""

from shared.kernel.errors import InvalidRequest
from shared.platform.accounts import people, sessions
from shared.platform.accounts.models import Session, User
from shared.platform.accounts.people import OwnChanges
from shared.quotas import attempts
from shared.quotas.rates import SIGN_IN, TOKEN_REFRESH

from .access import NotAdmin
from .bodies import Grant, GrantQuery, LogoutQuery, SignUp, UserChanges
from .context import AccountContext
from .rates import ANONYMOUS_SIGN_IN
from .unsupported import GRANTS, PhoneProviderDisabled


async def sign_up(context: AccountContext, *, body: SignUp) -> Session | User:
    """Create an account and sign in to it."""
    if body.phone:
        raise PhoneProviderDisabled
    if not body.email:
        await context.call.charge(ANONYMOUS_SIGN_IN)
        return await people.sign_in_anonymously(context.visitor, data=body.data or {})
    if not body.password:
        raise InvalidRequest("sign-up needs a password")
    made = await people.sign_up(
        context.visitor, email=body.email, password=body.password, data=body.data or {}, landing=context.landing(body)
    )
    await attempts.remember_request(body.email, address=context.call.address)
    return made


async def token(context: AccountContext, *, query: GrantQuery, body: Grant) -> Session:
    """Sign in with a password, refresh a session, or exchange the code from a mailed link."""
    if query.grant_type == "password":
        await context.call.charge(SIGN_IN)
        return await _sign_in(context, body)
    if query.grant_type == "refresh_token":
        await context.call.charge(TOKEN_REFRESH)
        if not body.refresh_token:
            raise InvalidRequest("refresh_token is missing")
        return await sessions.refresh(context.visitor, refresh_token=body.refresh_token)
    if query.grant_type == "pkce":
        await context.call.charge(TOKEN_REFRESH)
        return await _exchange(context, body)
    if query.grant_type in GRANTS:
        raise GRANTS[query.grant_type]
    raise InvalidRequest("unsupported_grant_type: grant_type must be password, refresh_token or pkce")


async def _exchange(context: AccountContext, body: Grant) -> Session:
    if not body.auth_code or not body.code_verifier:
        raise InvalidRequest("both auth_code and code_verifier are needed")
    return await sessions.exchange_code(context.visitor, code=body.auth_code, verifier=body.code_verifier)


async def _sign_in(context: AccountContext, body: Grant) -> Session:
    if body.phone:
        raise PhoneProviderDisabled
    if not body.email or not body.password:
        raise InvalidRequest("email or password is missing")
    return await people.sign_in(context.visitor, email=body.email, password=body.password)


async def get_user(context: AccountContext) -> User:
    """Get the signed-in person's account."""
    return await people.get_user(context.visitor, context.person)


async def update_user(context: AccountContext, *, body: UserChanges) -> User:
    """Change one's own password or metadata, or request another e-mail address."""
    if body.app_metadata is not None:
        raise NotAdmin("only the service may set app_metadata; send user_metadata in data")
    if body.phone:
        raise PhoneProviderDisabled
    changes = OwnChanges(email=body.email, password=body.password, data=body.data, nonce=body.nonce)
    return await people.update_user(context.visitor, context.person, changes, landing=context.landing(body))


async def log_out(context: AccountContext, *, query: LogoutQuery) -> None:
    """End all sessions of the person, this one, or all others. An access token in use lives until it expires."""
    await sessions.log_out(context.visitor, context.person, scope=query.scope)
