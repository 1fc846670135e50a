"""Every route of /auth/v1; what is not here is refused by name in `unsupported`, or unknown."""

from collections.abc import Sequence

from shared.edge import Call
from shared.edge.documentation import Description, Documentation, Schema
from shared.edge.routing import DATABASE, Route, Routes, default_refusal, open_to_all
from shared.kernel.errors import Refusal
from shared.platform.accounts.admin import UserInUse, UserNotFound
from shared.platform.accounts.credentials import MetadataTooLarge, WeakPassword
from shared.platform.accounts.letters import OtpDisabled
from shared.platform.accounts.mail.outbox import OverEmailSendRateLimit
from shared.platform.accounts.mail_requests import EmailNotConfirmed
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
    RefreshTokenAlreadyUsed,
    RefreshTokenNotFound,
    SessionExpired,
    UserBanned,
    UserBannedAtEntry,
)
from shared.platform.accounts.verification import OtpExpired
from shared.quotas.rates import SIGN_UP
from shared.runtime.postgres.errors import AlreadyExists

from . import admins, host, mails, people
from .access import person, project, project_of, service, service_of
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
from .context import PREFIX
from .errors import SHAPE
from .rates import MAIL, VERIFY
from .unsupported import GRANTS, OPEN, PhoneProviderDisabled, refusal_of

_FIT = (WeakPassword, MetadataTooLarge, PhoneProviderDisabled)
_MAILED = (OtpDisabled, OverEmailSendRateLimit)

_ROUTES = (
    Route(
        "POST",
        "/signup",
        people.sign_up,
        project,
        body=SignUp,
        result=Session,
        rate=SIGN_UP,
        refusals=(UserAlreadyExists, SignupDisabled, AnonymousProviderDisabled, OverEmailSendRateLimit, *_FIT),
    ),
    Route(
        "POST",
        "/token",
        people.token,
        project,
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
        project,
        body=MailAddress,
        result=mails.Accepted,
        rate=MAIL,
        refusals=_MAILED,
    ),
    Route(
        "POST",
        "/otp",
        mails.otp,
        project,
        body=OneTimePassword,
        result=mails.Accepted,
        rate=MAIL,
        refusals=(*_MAILED, MetadataTooLarge, PhoneProviderDisabled),
    ),
    Route(
        "POST",
        "/magiclink",
        mails.magiclink,
        project,
        body=MailAddress,
        result=mails.Accepted,
        rate=MAIL,
        refusals=_MAILED,
    ),
    Route(
        "POST",
        "/resend",
        mails.resend,
        project,
        body=Resending,
        result=mails.Accepted,
        rate=MAIL,
        refusals=(*_MAILED, PhoneProviderDisabled),
    ),
    Route(
        "GET",
        "/reauthenticate",
        mails.reauthenticate,
        person,
        acts=True,
        result=mails.Accepted,
        rate=MAIL,
        refusals=(*_MAILED, EmailNotConfirmed),
    ),
    Route(
        "POST",
        "/verify",
        mails.verify,
        open_to_all,
        body=Verification,
        result=Session,
        rate=VERIFY,
        refusals=(OtpExpired, UserBanned, EmailExists, PhoneProviderDisabled),
    ),
    Route("GET", "/verify", mails.follow_link, open_to_all, query=LinkQuery, status=303, rate=VERIFY, acts=True),
    Route("GET", "/user", people.get_user, person, result=User),
    Route(
        "PUT",
        "/user",
        people.update_user,
        person,
        body=UserChanges,
        result=User,
        refusals=(
            *_MAILED,
            EmailExists,
            SamePassword,
            ReauthenticationNeeded,
            ReauthenticationNotValid,
            *_FIT,
        ),
    ),
    Route("POST", "/logout", people.log_out, person, query=LogoutQuery, status=204),
    Route("GET", "/settings", host.host_settings, project, result=host.HostSettings),
    Route("GET", "/health", host.health, open_to_all, result=host.Health),
    Route("GET", "/.well-known/jwks.json", host.jwks, open_to_all, result=host.KeySet),
    Route(
        "GET",
        "/admin/users",
        admins.list_users,
        service,
        query=PageQuery,
        result=admins.Listed,
        described=Description(name="admin-list-users"),
    ),
    Route(
        "POST",
        "/admin/users",
        admins.create_user,
        service,
        body=AdminUser,
        result=User,
        refusals=(EmailExists, AlreadyExists, *_FIT),
        described=Description(name="admin-create-user"),
    ),
    Route(
        "GET",
        "/admin/users/{id:uuid}",
        admins.get_user,
        service,
        result=User,
        refusals=(UserNotFound,),
        described=Description(name="admin-get-user"),
    ),
    Route(
        "PUT",
        "/admin/users/{id:uuid}",
        admins.update_user,
        service,
        body=AdminUser,
        result=User,
        refusals=(UserNotFound, EmailExists, *_FIT),
        described=Description(name="admin-update-user"),
    ),
    Route(
        "DELETE",
        "/admin/users/{id:uuid}",
        admins.delete_user,
        service,
        body=Deletion,
        refusals=(UserNotFound, UserInUse),
        described=Description(name="admin-delete-user"),
    ),
    Route(
        "POST",
        "/invite",
        admins.invite,
        service,
        body=Invitation,
        result=User,
        refusals=(*_MAILED, EmailExists, MetadataTooLarge),
        described=Description(name="admin-invite"),
    ),
    Route(
        "POST",
        "/admin/generate_link",
        admins.generate_link,
        service,
        body=LinkWish,
        result=GeneratedLink,
        refusals=(UserNotFound, EmailExists, *_FIT),
        described=Description(name="admin-generate-link"),
    ),
)
_OPEN_PATHS = frozenset(route.path for route in _ROUTES if route.admit is open_to_all)
_USERS = "/admin/users/"
_OF_ONE_USER = [method for route in _ROUTES if route.path.startswith(_USERS) for method in route.methods]


def _refusal(call: Call, path: str, allowed: Sequence[str]) -> Refusal:
    """Return the refusal of a path that no route answers; callers without a key do not learn which paths exist."""
    if path not in _OPEN_PATHS and not path.startswith(OPEN):
        project_of(call)
    if not allowed and path.startswith(_USERS) and "/" not in path.removeprefix(_USERS):
        if call.request.method not in _OF_ONE_USER:
            return default_refusal(call, path, _OF_ONE_USER)
        service_of(call)
        return UserNotFound("the id in the path is not a UUID")
    unsupported = None if allowed else refusal_of(path)
    return unsupported() if unsupported else default_refusal(call, path, allowed)


_VERSION: Schema = {
    "name": "X-Supabase-Api-Version",
    "in": "header",
    "description": "2024-01-01 or later requests errors as {code, message}.",
    "schema": {"type": "string", "examples": ["2024-01-01"]},
}
ROUTES = Routes(
    PREFIX,
    _ROUTES,
    _refusal,
    documentation=Documentation(error=SHAPE, refusals=DATABASE, parameters=(_VERSION,), body_prefix="Account"),
)
