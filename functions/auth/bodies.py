"""Bodies and queries of the routes. Unknown names are ignored, since clients send more than this host needs."""

import re
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from shared.kernel.errors import InvalidRequest
from shared.platform.accounts.invitations import LinkType
from shared.platform.accounts.sessions import LogoutScope
from shared.platform.accounts.verification import VerificationType

MOST_PER_PAGE = 1000
_DURATION = re.compile(r"(?:\d{1,12}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h))+", re.ASCII)
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}

Email = Annotated[str | None, Field(max_length=320)]
Password = Annotated[str | None, Field(max_length=4096, description="6 characters to 72 bytes.")]
Metadata = Annotated[
    dict[str, Any] | None, Field(description="Part of every token: at most 4,000 characters of JSON in total.")
]
Phone = Annotated[str | None, Field(max_length=64, description="Refused: sign-in by phone is switched off.")]


class Begun(BaseModel):
    """With a challenge, the mailed link ends with a code for the application that began (PKCE)."""

    model_config = ConfigDict(extra="ignore")

    code_challenge: Annotated[str | None, Field(max_length=128)] = None
    code_challenge_method: Annotated[str | None, Field(max_length=10, description="s256 or plain.")] = None


class SignUp(Begun):
    """Without an address and a password: an anonymous sign-in, if the host allows it."""

    email: Email = None
    password: Password = None
    phone: Phone = None
    data: Metadata = None


class MailAddress(Begun):
    email: Email = None


class OneTimePassword(Begun):
    email: Email = None
    phone: Phone = None
    create_user: Annotated[
        StrictBool, Field(description="False sends no mail to people without an account; the answer is the same.")
    ] = True
    data: Metadata = None


class Resending(Begun):
    type: Annotated[str, Field(max_length=100, description="signup or email_change.")] = ""
    email: Email = None
    phone: Phone = None


class Verification(BaseModel):
    """`token`, as it was typed, and the `email` that it was sent to; or only the link's `token_hash`."""

    model_config = ConfigDict(extra="ignore")

    type: VerificationType
    token: Annotated[str | None, Field(max_length=100)] = None
    token_hash: Annotated[str | None, Field(max_length=100)] = None
    email: Email = None
    phone: Phone = None


class LinkQuery(BaseModel):
    """The query of a mailed link."""

    model_config = ConfigDict(extra="ignore")

    token: Annotated[str, Field(min_length=1, max_length=100)]
    type: VerificationType
    redirect_to: Annotated[str | None, Field(max_length=4096)] = None


class Invitation(BaseModel):
    model_config = ConfigDict(extra="ignore")

    email: Email = None
    data: Metadata = None


class LinkWish(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: LinkType
    email: Email = None
    new_email: Annotated[str | None, Field(max_length=320, description="For a change of address.")] = None
    password: Password = None
    data: Metadata = None
    redirect_to: Annotated[str | None, Field(max_length=4096)] = None


class Grant(BaseModel):
    """The fields of a grant type: `email` and `password`, `refresh_token`, or `auth_code` and `code_verifier`."""

    model_config = ConfigDict(extra="ignore")

    email: Email = None
    password: Password = None
    phone: Phone = None
    refresh_token: Annotated[str | None, Field(max_length=4096)] = None
    auth_code: Annotated[str | None, Field(max_length=100)] = None
    code_verifier: Annotated[str | None, Field(max_length=200)] = None


class UserChanges(Begun):
    """Changes of one's own account; in `data`, null removes a name."""

    email: Email = None
    password: Password = None
    phone: Phone = None
    data: Metadata = None
    nonce: Annotated[str | None, Field(max_length=100, description="The code that reauthenticate mailed.")] = None
    app_metadata: Annotated[dict[str, Any] | None, Field(description="Refused: only the service may set it.")] = None


class AdminUser(BaseModel):
    """Fields of any account; in metadata, null removes a name."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[UUID | None, Field(description="Only for a new account.")] = None
    email: Email = None
    password: Password = None
    password_hash: Annotated[str | None, Field(max_length=100, description="bcrypt, instead of the password.")] = None
    phone: Phone = None
    email_confirm: Annotated[StrictBool | None, Field(description="True confirms the address.")] = None
    role: Annotated[str | None, Field(pattern="^authenticated$")] = None
    user_metadata: Metadata = None
    app_metadata: Metadata = None
    ban_duration: Annotated[
        str | None, Field(max_length=100, description="none, or a duration such as 24h or 1h30m.")
    ] = None


class Deletion(BaseModel):
    model_config = ConfigDict(extra="ignore")

    should_soft_delete: Annotated[StrictBool, Field(description="True keeps only the id.")] = False


class GrantQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    grant_type: Annotated[str, Field(max_length=100, description="password, refresh_token or pkce.")] = ""


class LogoutQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    scope: LogoutScope = LogoutScope.GLOBAL


class PageQuery(BaseModel):
    """The Python client sends both names empty."""

    model_config = ConfigDict(extra="ignore")

    page: Annotated[int, BeforeValidator(lambda text: text or 1), Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, BeforeValidator(lambda text: text or 50), Field(ge=1, le=MOST_PER_PAGE)] = 50


def duration(text: str) -> timedelta:
    """Parse a duration as Go writes it: 24h, 1h30m, 300ms.

    Raises:
        InvalidRequest: for any other text, and beyond what a calendar holds.
    """
    if not _DURATION.fullmatch(text):
        raise InvalidRequest("ban_duration must be none or a duration such as 24h or 1h30m")
    parts = re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", text)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if seconds > timedelta(days=365 * 1000).total_seconds():
        raise InvalidRequest("ban_duration may be at most a thousand years")
    return timedelta(seconds=seconds)
