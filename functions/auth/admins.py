"""The routes of the service: every account."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from shared.auth.tokens import AUDIENCE
from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.clock import utc_now
from shared.kernel.errors import InvalidRequest
from shared.platform.accounts import admin, invitations
from shared.platform.accounts.admin import Ban, Changes
from shared.platform.accounts.invitations import LinkRequest
from shared.platform.accounts.models import GeneratedLink, User
from shared.runtime.settings import settings

from .bodies import AdminUser, Deletion, Invitation, LinkWish, PageQuery, duration
from .context import PREFIX, AccountContext
from .unsupported import PhoneProviderDisabled


class Listed(msgspec.Struct, frozen=True):
    users: list[User]
    aud: str


async def list_users(context: AccountContext, *, query: PageQuery) -> Response:
    """List accounts, newest first, page by page."""
    found = await admin.list_users(context.visitor, page=query.page, per_page=query.per_page)
    headers = {"X-Total-Count": str(found.total), "Link": _links(query, found.total)}
    return encoded(
        json.encode(Listed(found.users, AUDIENCE)),
        status=200,
        headers={name: value for name, value in headers.items() if value},
    )


async def create_user(context: AccountContext, *, body: AdminUser) -> User:
    """Create an account for a person."""
    if body.phone:
        raise PhoneProviderDisabled
    if not body.email:
        raise InvalidRequest("email is missing: an account cannot be created without it")
    return await admin.create_user(
        context.visitor, email=body.email, changes=_changes(body), user_id=body.id, ban=_ban(body.ban_duration)
    )


async def get_user(context: AccountContext, *, id: UUID) -> User:
    """Get one account."""
    return await admin.get_user(context.visitor, user_id=id)


async def update_user(context: AccountContext, *, id: UUID, body: AdminUser) -> User:
    """Change an account: address, password, metadata, ban."""
    if body.phone:
        raise PhoneProviderDisabled
    return await admin.update_user(context.visitor, user_id=id, changes=_changes(body), ban=_ban(body.ban_duration))


async def delete_user(context: AccountContext, *, id: UUID, body: Deletion) -> dict[str, Any]:
    """Delete an account with its sessions and memberships."""
    await admin.delete_user(context.visitor, user_id=id, soft=body.should_soft_delete)
    return {}


async def invite(context: AccountContext, *, body: Invitation) -> User:
    """Create an account for a person and mail them the link to it."""
    if not body.email:
        raise InvalidRequest("email is missing: an invitation is sent by mail")
    return await invitations.invite(context.visitor, email=body.email, data=body.data or {}, landing=context.landing())


async def generate_link(context: AccountContext, *, body: LinkWish) -> GeneratedLink:
    """Return the link and the code of a mail, to be sent by other means."""
    if not body.email:
        raise InvalidRequest("email is missing: a link is for one account")
    request = LinkRequest(body.type, body.email, body.new_email, body.password, body.data or {})
    return await invitations.generate_link(context.visitor, request, landing=context.landing(wanted=body.redirect_to))


def _changes(body: AdminUser) -> Changes:
    return Changes(
        email=body.email,
        password=body.password,
        password_hash=body.password_hash,
        email_confirm=body.email_confirm,
        app_metadata=body.app_metadata,
        user_metadata=body.user_metadata,
    )


def _ban(ban_duration: str | None) -> Ban | None:
    if not ban_duration:
        return None
    return Ban(None if ban_duration == "none" else utc_now() + duration(ban_duration))


def _links(query: PageQuery, total: int) -> str:
    """Return the Link header (RFC 8288); `page` comes first, where the clients look for it."""
    last = max(1, -(-total // query.per_page))
    pages = {"next": query.page + 1, "last": last} if query.page < last else {"last": last}
    url = f"{settings().base_url}{PREFIX}/admin/users"
    return ", ".join(f'<{url}?page={page}&per_page={query.per_page}>; rel="{rel}"' for rel, page in pages.items())
