"""The numbers and pages of the demo shops: what the database calls connected and the simulator knows."""

from typing import NamedTuple

from infra.local.simulators.graph.records import Channel


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
    DemoChannel("shop", "instagram", "159000000000003", "159000000000003", "bayt.qamariya", page_id="159000000000002"),
    DemoChannel("workshop", "whatsapp", "159000000000004", "159000000000040", "ورشة سند", "201590599901"),
)
