"""The numbers and pages of the demo shops: connected in the database and known to the simulator."""

import asyncio
from typing import NamedTuple
from uuid import UUID

from infra.local.simulators.graph.account_files import token_of
from infra.local.simulators.graph.records import Channel
from shared.runtime.secrets import local_wrapper, seal_under

from .people import Access
from .records import ChannelAccount
from .scene import Scene
from .shops import Shop


class DemoChannel(NamedTuple):
    """`business_id` is the WhatsApp Business account; a page and an Instagram account are their own."""

    shop: str
    platform: Channel
    external_id: str
    business_id: str
    name: str
    phone: str = ""
    page_id: str | None = None


CHANNELS = (
    DemoChannel("shop", "whatsapp", "159000000000001", "159000000000010", "بيت القمرية", "201590099901"),
    DemoChannel("shop", "facebook", "159000000000002", "159000000000002", "Bayt Qamariya"),
    DemoChannel("shop", "instagram", "159000000000003", "159000000000003", "bayt.qamariya", page_id="159000000000005"),
    DemoChannel("workshop", "whatsapp", "159000000000004", "159000000000040", "ورشة سند", "201590599901"),
)


def channel_id(shop: Shop, platform: str) -> UUID:
    return shop.id("channel", platform)


def make_channels(scene: Scene, access: Access) -> list[ChannelAccount]:
    """Return the shop's channels, each with the token that the simulator has for it."""
    shop, at = scene.shop, scene.opened
    return [
        ChannelAccount(
            id=channel_id(shop, channel.platform),
            organization_id=shop.organization_id,
            platform=channel.platform,
            external_id=channel.external_id,
            waba_id=channel.business_id if channel.platform == "whatsapp" else None,
            page_id=channel.page_id,
            display_name=channel.name,
            phone=f"+{channel.phone}" if channel.phone else None,
            token_sealed=_sealed(shop, channel, access),
            created_at=at,
            updated_at=at,
        )
        for channel in CHANNELS
        if channel.shop == shop.key
    ]


def _sealed(shop: Shop, channel: DemoChannel, access: Access) -> str:
    token = token_of(access.app_secret, channel.external_id).encode()
    sealed = asyncio.run(seal_under(local_wrapper(access.sealing_key), shop.organization_id, token))
    return f"\\x{sealed.hex()}"
