"""Every route of /auth/v1; what is not here is refused by name in `left_out`, or unknown."""

from shared.platform.accounts.admin import UserInUse, UserNotFound
from shared.platform.accounts.asking import EmailNotConfirmed
from shared.platform.accounts.credentials import MetadataTooLarge, WeakPassword
from shared.platform.accounts.letters import OtpDisabled
from shared.platform.accounts.mail.outbox import OverEmailSendRateLimit
from shared.platform.accounts.models import GeneratedLink, Session, User
from shared.platform.accounts.people import (
    AnonymousProviderDisabled,
    EmailExists,
    InvalidCredentials,
    ReauthenticationNeeded,
    ReauthenticationNotValid,
    SamePassword,
    SignupDisabled,
    UserAlreadyExists,
)
from shared.platform.accounts.proofs.flows import BadCodeVerifier, FlowStateExpired, FlowStateNotFound
from shared.platform.accounts.sessions import (
    AccountGone,
    RefreshTokenAlreadyUsed,
    RefreshTokenNotFound,
    SessionExpired,
    SessionNotFound,
    UserBanned,
    UserBannedAtEntry,
)
from shared.platform.accounts.verification import OtpExpired
from shared.quotas.rates import SIGN_UP
from shared.runtime.db import AlreadyExists

from . import admins, host, mails, people
from .access import Access, BadJwt, NoAuthorization, NotAdmin
from .bodies import (
    AdminUser,
    Deletion,
    Grant,
    GrantQuery,
    Invitation,
    LinkQuery,
    LinkWish,
    LogoutQuery,
    MailAddress,
    OneTimePassword,
    PageQuery,
    Resending,
    SignUp,
    UserChanges,
    Verification,
)
from .dispatch import Route
from .left_out import GRANTS, PhoneProviderDisabled
from .limits import MAIL, VERIFY

_PERSON = (NoAuthorization, BadJwt, SessionNotFound, AccountGone, UserBanned)
_SERVICE = (NoAuthorization, BadJwt, NotAdmin)
_FIT = (WeakPassword, MetadataTooLarge, PhoneProviderDisabled)
_MAILED = (OtpDisabled, OverEmailSendRateLimit)

ROUTES = (
    Route(
        "POST",
        "/signup",
        people.sign_up,
        Access.KEY,
        body=SignUp,
        result=Session,
        rate=SIGN_UP,
        refusals=(UserAlreadyExists, SignupDisabled, AnonymousProviderDisabled, OverEmailSendRateLimit, *_FIT),
    ),
    Route(
        "POST",
        "/token",
        people.token,
        Access.KEY,
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
            FlowStateNotFound,
            FlowStateExpired,
            BadCodeVerifier,
            PhoneProviderDisabled,
            *GRANTS.values(),
        ),
    ),
    Route(
        "POST",
        "/recover",
        mails.recover,
        Access.KEY,
        body=MailAddress,
        result=mails.Accepted,
        rate=MAIL,
        refusals=_MAILED,
    ),
    Route(
        "POST",
        "/otp",
        mails.otp,
        Access.KEY,
        body=OneTimePassword,
        result=mails.Accepted,
        rate=MAIL,
        refusals=(*_MAILED, MetadataTooLarge, PhoneProviderDisabled),
    ),
    Route(
        "POST",
        "/magiclink",
        mails.magiclink,
        Access.KEY,
        body=MailAddress,
        result=mails.Accepted,
        rate=MAIL,
        refusals=_MAILED,
    ),
    Route(
        "POST",
        "/resend",
        mails.resend,
        Access.KEY,
        body=Resending,
        result=mails.Accepted,
        rate=MAIL,
        refusals=(*_MAILED, PhoneProviderDisabled),
    ),
    Route(
        "GET",
        "/reauthenticate",
        mails.reauthenticate,
        Access.PERSON,
        acts=True,
        result=mails.Accepted,
        rate=MAIL,
        refusals=(*_PERSON, *_MAILED, EmailNotConfirmed),
    ),
    Route(
        "POST",
        "/verify",
        mails.verify,
        Access.OPEN,
        body=Verification,
        result=Session,
        rate=VERIFY,
        refusals=(OtpExpired, UserBanned, EmailExists, PhoneProviderDisabled),
    ),
    Route("GET", "/verify", mails.follow_link, Access.OPEN, query=LinkQuery, status=303, rate=VERIFY, acts=True),
    Route("GET", "/user", people.get_user, Access.PERSON, result=User, refusals=_PERSON),
    Route(
        "PUT",
        "/user",
        people.update_user,
        Access.PERSON,
        body=UserChanges,
        result=User,
        refusals=(
            *_PERSON,
            *_MAILED,
            EmailExists,
            SamePassword,
            ReauthenticationNeeded,
            ReauthenticationNotValid,
            *_FIT,
        ),
    ),
    Route("POST", "/logout", people.log_out, Access.PERSON, query=LogoutQuery, status=204, refusals=_PERSON),
    Route("GET", "/settings", host.host_settings, Access.KEY, result=host.HostSettings),
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
    Route(
        "POST",
        "/invite",
        admins.invite,
        Access.SERVICE,
        body=Invitation,
        result=User,
        refusals=(*_SERVICE, *_MAILED, EmailExists, MetadataTooLarge),
    ),
    Route(
        "POST",
        "/admin/generate_link",
        admins.generate_link,
        Access.SERVICE,
        body=LinkWish,
        result=GeneratedLink,
        refusals=(*_SERVICE, UserNotFound, EmailExists, *_FIT),
    ),
)
