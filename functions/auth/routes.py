"""Every route of /auth/v1; what is not here is refused by name in `left_out`, or unknown."""

from shared.platform.accounts.admin import UserInUse, UserNotFound
from shared.platform.accounts.credentials import MetadataTooLarge, WeakPassword
from shared.platform.accounts.models import Session, User
from shared.platform.accounts.people import (
    EmailExists,
    EmailNotConfirmed,
    InvalidCredentials,
    SamePassword,
    SignupDisabled,
    UserAlreadyExists,
)
from shared.platform.accounts.sessions import (
    AccountGone,
    RefreshTokenAlreadyUsed,
    RefreshTokenNotFound,
    SessionExpired,
    SessionNotFound,
    UserBanned,
    UserBannedAtEntry,
)
from shared.quotas.rates import SIGN_UP
from shared.runtime.db import AlreadyExists

from . import admins, host, people
from .access import Access, BadJwt, NoAuthorization, NotAdmin
from .bodies import AdminUser, Deletion, Grant, GrantQuery, LogoutQuery, PageQuery, SignUp, UserChanges
from .dispatch import Route
from .left_out import GRANTS, AnonymousProviderDisabled, PhoneProviderDisabled

_PERSON = (NoAuthorization, BadJwt, SessionNotFound, AccountGone, UserBanned)
_SERVICE = (NoAuthorization, BadJwt, NotAdmin)
_FIT = (WeakPassword, MetadataTooLarge, PhoneProviderDisabled)

ROUTES = (
    Route(
        "POST",
        "/signup",
        people.sign_up,
        body=SignUp,
        result=Session,
        rate=SIGN_UP,
        refusals=(UserAlreadyExists, SignupDisabled, AnonymousProviderDisabled, *_FIT),
    ),
    Route(
        "POST",
        "/token",
        people.token,
        query=GrantQuery,
        body=Grant,
        result=Session,
        refusals=(
            InvalidCredentials,
            EmailNotConfirmed,
            UserBannedAtEntry,
            RefreshTokenNotFound,
            RefreshTokenAlreadyUsed,
            SessionExpired,
            PhoneProviderDisabled,
            *GRANTS.values(),
        ),
    ),
    Route("GET", "/user", people.get_user, Access.PERSON, result=User, refusals=_PERSON),
    Route(
        "PUT",
        "/user",
        people.update_user,
        Access.PERSON,
        body=UserChanges,
        result=User,
        refusals=(*_PERSON, EmailExists, SamePassword, *_FIT),
    ),
    Route("POST", "/logout", people.log_out, Access.PERSON, query=LogoutQuery, status=204, refusals=_PERSON),
    Route("GET", "/settings", host.host_settings, result=host.HostSettings),
    Route("GET", "/health", host.health, Access.OPEN, result=host.Health),
    Route("GET", "/.well-known/jwks.json", host.jwks, Access.OPEN, result=host.KeySet),
    Route(
        "GET",
        "/admin/users",
        admins.list_users,
        Access.SERVICE,
        query=PageQuery,
        result=admins.Listed,
        refusals=_SERVICE,
    ),
    Route(
        "POST",
        "/admin/users",
        admins.create_user,
        Access.SERVICE,
        body=AdminUser,
        result=User,
        refusals=(*_SERVICE, EmailExists, AlreadyExists, *_FIT),
    ),
    Route("GET", "/admin/users/{id}", admins.get_user, Access.SERVICE, result=User, refusals=(*_SERVICE, UserNotFound)),
    Route(
        "PUT",
        "/admin/users/{id}",
        admins.update_user,
        Access.SERVICE,
        body=AdminUser,
        result=User,
        refusals=(*_SERVICE, UserNotFound, EmailExists, *_FIT),
    ),
    Route(
        "DELETE",
        "/admin/users/{id}",
        admins.delete_user,
        Access.SERVICE,
        body=Deletion,
        refusals=(*_SERVICE, UserNotFound, UserInUse),
    ),
)
