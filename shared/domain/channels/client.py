"""The Graph API with a channel's own token."""

from typing import Protocol
from uuid import UUID

from shared.kernel.errors import Unavailable
from shared.providers.meta.client import GraphClient, graph, instagram_graph
from shared.providers.meta.faults import FaultKind, ProviderFault
from shared.runtime.secrets import UnreadableSecretError, open_sealed


class HasToken(Protocol):
    """A row with the token of its channel."""

    @property
    def organization_id(self) -> UUID: ...

    @property
    def platform(self) -> str: ...

    @property
    def page_id(self) -> str | None: ...

    @property
    def token_sealed(self) -> bytes | None: ...


async def client_of(channel: HasToken) -> GraphClient:
    """Return a client with the channel's token, at the host that the token is for.

    Raises:
        ProviderFault: reconnect, if no token can be opened; retry, if the key service does not answer.
    """
    if channel.token_sealed is None:
        raise ProviderFault(FaultKind.RECONNECT, "the channel has no access token")
    try:
        token = (await open_sealed(channel.organization_id, channel.token_sealed)).decode()
    except UnreadableSecretError as fault:
        raise ProviderFault(FaultKind.RECONNECT, "the channel's access token cannot be opened") from fault
    except Unavailable as fault:
        raise ProviderFault(FaultKind.RETRY, fault.message) from fault
    by_instagram_login = channel.platform == "instagram" and channel.page_id is None
    return instagram_graph(token) if by_instagram_login else graph(token)
