"""The connection of a number or a page: Meta must confirm the owner, and the token is stored sealed.

The caller's rights are checked before, so that nobody without them can try credentials out through us.
"""

from typing import Annotated, NamedTuple, NoReturn
from uuid import UUID

from pydantic import Secret, StringConstraints

from shared.auth.webhooks import meta_app_secrets
from shared.kernel.errors import InvalidRequest, NotFound, Refusal, Unavailable
from shared.providers.meta.answers import Access, PhoneNumber
from shared.providers.meta.client import PAGE_FIELDS, GraphClient, graph, instagram_graph
from shared.providers.meta.faults import PERMANENT, ProviderFault
from shared.runtime.secrets import SealingNotConfigured, seal
from shared.runtime.settings import settings
from shared.tenancy.principal import Principal
from shared.tenancy.transactions import on_behalf_tx

from . import queries, service
from .models import ChannelStatus, ChannelView, NewChannel

SCOPE = "admin"
SecretText = Secret[Annotated[str, StringConstraints(pattern="^[!-~]{1,2048}$")]]
"""A token or code of Meta's form, because it becomes part of a header or a query."""


class CredentialsRefused(Refusal):
    """Meta refuses the credentials; `provider_code` and `provider_message` are Meta's."""

    status = 422
    code = "credentials_refused"
    default_message = "Meta does not accept these credentials"


class ProviderUnavailable(Unavailable):
    code = "provider_unavailable"
    default_message = "Meta does not answer now: nothing was changed, try again later"


class WhichNumber(InvalidRequest):
    """The account has several numbers, or none; `choices` lists them."""

    code = "which_number"
    default_message = "name the number to connect: send one of `choices` as phone_number_id"


class EmbeddedSignupNotConfigured(Unavailable):
    code = "embedded_signup_not_configured"
    default_message = "this installation has no Meta app: set NEXUS_META_APP_ID and NEXUS_META_APP_SECRETS"


REFUSALS = (service.ChannelConnectedElsewhere, CredentialsRefused, ProviderUnavailable, SealingNotConfigured)
"""The refusals of every way to connect a channel."""


class Requester(NamedTuple):
    """The caller who connects a channel, and the id of the request."""

    principal: Principal
    request_id: str

    @property
    def organization_id(self) -> UUID:
        if self.principal.organization_id is None:
            raise NotFound
        return self.principal.organization_id


async def exchange_code(*, code: str, redirect_uri: str | None) -> Access:
    """Exchange the code of the embedded sign-up for access; a code can be used once.

    Raises:
        EmbeddedSignupNotConfigured, CredentialsRefused, ProviderUnavailable.
    """
    app_id, secrets = settings().meta_app_id, meta_app_secrets()
    if app_id is None or not secrets:
        raise EmbeddedSignupNotConfigured
    try:
        return await graph("").exchange_code(app_id=app_id, app_secret=secrets[0], code=code, redirect_uri=redirect_uri)
    except ProviderFault as fault:
        _refuse(fault)


async def connect_whatsapp(
    requester: Requester, *, waba_id: str, phone_number_id: str | None, access: Access, pin: str | None
) -> ChannelView:
    """Connect the number of that WhatsApp account, and receive its messages from now on.

    With a pin, the number is registered for the Cloud API; a number that stays in the phone app does not need that.

    Raises:
        CredentialsRefused, ProviderUnavailable, WhichNumber, ChannelConnectedElsewhere.
    """
    client = graph(access.token)
    try:
        # The token must have access to the account, and the account must have the number: a token for one's own number
        # does not prove another's.
        number = _only_number(await client.phone_numbers(waba_id), phone_number_id)
        if pin is not None:
            await client.register(number.id, pin=pin)
        await client.subscribe(waba_id)
    except ProviderFault as fault:
        _refuse(fault)
    channel = NewChannel(
        platform="whatsapp",
        external_id=number.id,
        waba_id=waba_id,
        display_name=number.verified_name,
        phone=number.display_phone_number,
        messages_per_second=number.messages_per_second,
        token_expires_in=access.expires_in,
    )
    return await _keep(requester, channel, access.token)


async def connect_page(requester: Requester, *, token: str, with_instagram: bool) -> list[ChannelView]:
    """Connect the page of the token, and with `with_instagram` its linked Instagram account.

    Raises:
        CredentialsRefused, ProviderUnavailable, ChannelConnectedElsewhere.
    """
    client = graph(token)
    try:
        page = await client.page()
        await client.subscribe(page.id, fields=PAGE_FIELDS)
    except ProviderFault as fault:
        _refuse(fault)
    views = [
        await _keep(requester, NewChannel(platform="facebook", external_id=page.id, display_name=page.name), token)
    ]
    if with_instagram and page.instagram is not None:
        account = NewChannel(
            platform="instagram",
            external_id=page.instagram.id,
            page_id=page.id,
            display_name=page.instagram.username,
        )
        views.append(await _keep(requester, account, token))
    return views


async def connect_instagram(requester: Requester, *, token: str) -> ChannelView:
    """Connect an account of Instagram Login, without a page.

    Raises:
        CredentialsRefused, ProviderUnavailable, ChannelConnectedElsewhere.
    """
    client: GraphClient = instagram_graph(token)
    try:
        account = await client.instagram_account()
        await client.subscribe(account.id, fields=PAGE_FIELDS)
    except ProviderFault as fault:
        _refuse(fault)
    channel = NewChannel(platform="instagram", external_id=account.id, display_name=account.username)
    return await _keep(requester, channel, token)


async def disconnect(requester: Requester, *, channel_id: UUID) -> ChannelView:
    """Delete the channel's token, which stops sending and receiving; the conversations stay.

    Raises:
        NotFound: the caller's organization has no such channel.
    """
    async with on_behalf_tx(requester.principal, request_id=requester.request_id, scope=SCOPE) as tx:
        found = await queries.forget_token(tx, organization_id=requester.organization_id, channel_id=channel_id)
        if not found:
            raise NotFound
        reason = "disconnected by the organization"
        await service.stop(tx, channel_id=channel_id, status=ChannelStatus.DISCONNECTED, reason=reason)
        return await queries.get_channel_view(tx, organization_id=requester.organization_id, channel_id=channel_id)


async def _keep(requester: Requester, channel: NewChannel, token: str) -> ChannelView:
    sealed = await seal(requester.organization_id, token.encode())
    async with on_behalf_tx(requester.principal, request_id=requester.request_id, scope=SCOPE) as tx:
        channel_id = await service.connect(
            tx, organization_id=requester.organization_id, channel=channel, token_sealed=sealed
        )
        return await queries.get_channel_view(tx, organization_id=requester.organization_id, channel_id=channel_id)


def _only_number(numbers: list[PhoneNumber], phone_number_id: str | None) -> PhoneNumber:
    found = [number for number in numbers if phone_number_id in (None, number.id)]
    if len(found) == 1:
        return found[0]
    choices = [{"phone_number_id": number.id, "phone": number.display_phone_number} for number in numbers]
    raise WhichNumber(choices=choices)


def _refuse(fault: ProviderFault) -> NoReturn:
    if fault.kind in PERMANENT:
        raise CredentialsRefused(
            f"Meta does not accept these credentials: {fault.message}",
            provider_code=fault.code,
            provider_message=fault.message,
        ) from fault
    raise ProviderUnavailable(retry_after=round(fault.retry_after_s or 10)) from fault
