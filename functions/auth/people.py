"""The routes of people."""

from shared.kernel.errors import InvalidRequest
from shared.platform.accounts import people, sessions
from shared.platform.accounts.models import Session, User
from shared.quotas.rates import SIGN_IN, TOKEN_REFRESH, charge

from .access import NotAdmin
from .bodies import Grant, GrantQuery, LogoutQuery, SignUp, UserChanges
from .dispatch import Visit
from .left_out import GRANTS, AnonymousProviderDisabled, PhoneProviderDisabled


async def sign_up(visit: Visit, *, body: SignUp) -> Session | User:
    """Make an account and sign in to it."""
    if body.phone:
        raise PhoneProviderDisabled
    if not body.email:
        raise AnonymousProviderDisabled
    if not body.password:
        raise InvalidRequest("sign-up needs a password")
    return await people.sign_up(visit.visitor, email=body.email, password=body.password, data=body.data or {})


async def token(visit: Visit, *, query: GrantQuery, body: Grant) -> Session:
    """Sign in with a password, or refresh a session."""
    call = visit.call
    if query.grant_type == "password":
        call.usage = await charge(SIGN_IN, call.principal, address=call.address)
        return await _sign_in(visit, body)
    if query.grant_type == "refresh_token":
        call.usage = await charge(TOKEN_REFRESH, call.principal, address=call.address)
        if not body.refresh_token:
            raise InvalidRequest("refresh_token is missing")
        return await sessions.refresh(visit.visitor, refresh_token=body.refresh_token)
    if query.grant_type in GRANTS:
        raise GRANTS[query.grant_type]
    raise InvalidRequest("unsupported_grant_type: grant_type is password or refresh_token")


async def _sign_in(visit: Visit, body: Grant) -> Session:
    if body.phone:
        raise PhoneProviderDisabled
    if not body.email or not body.password:
        raise InvalidRequest("email or password is missing")
    return await people.sign_in(visit.visitor, email=body.email, password=body.password)


async def get_user(visit: Visit) -> User:
    """The signed-in person's account."""
    return await people.get_user(visit.visitor, visit.person)


async def update_user(visit: Visit, *, body: UserChanges) -> User:
    """Change one's own e-mail address, password or metadata."""
    if body.app_metadata is not None:
        raise NotAdmin("app_metadata is the service's to set; user_metadata goes in data")
    if body.phone:
        raise PhoneProviderDisabled
    return await people.update_user(
        visit.visitor, visit.person, email=body.email, password=body.password, data=body.data
    )


async def log_out(visit: Visit, *, query: LogoutQuery) -> None:
    """End all sessions of the person, this one, or all others. An access token in use lives until it expires."""
    await sessions.log_out(visit.visitor, visit.person, scope=query.scope)
