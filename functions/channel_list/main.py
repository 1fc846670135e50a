"""GET /functions/v1/channel-list: list the organization's numbers and pages, with the state of each."""

import msgspec

from shared.domain.channels import service
from shared.domain.channels.models import ChannelView
from shared.edge import MEMBERS, Call, endpoint


class Channels(msgspec.Struct, frozen=True):
    data: list[ChannelView]


@endpoint(tag="Integrations", method="GET", access=MEMBERS, scope="read", tx="read")
async def handler(call: Call) -> Channels:
    return Channels(await service.list_channels(call.tx))
