"""The Graph API simulator of a running launcher: its accounts, its address, and the file with that address."""

import asyncio
import json
from pathlib import Path

from infra.local.demo.business.channels import CHANNELS
from infra.local.process import free_port
from infra.local.simulators.graph import account_files
from infra.local.simulators.graph.records import Template
from infra.local.simulators.graph.server import Simulator
from infra.local.simulators.graph.world import World

APP_ID = "159000000000000"
_KEEP_EVERY_S = 1.0
_TEMPLATES = (
    ("order_update", "ar", "مرحبا {{1}}، طلبك {{2}} في الطريق إليك."),
    ("order_update", "en_US", "Hello {{1}}, your order {{2}} is on its way."),
    ("come_back", "ar", "مرحبا {{1}}، هل ما زلت تحتاج مساعدتنا؟ رد على هذه الرسالة لنكمل."),
)


def make(directory: Path, *, port: int, base_url: str, app_secret: str) -> Simulator:
    """Return a simulator with the demo shops' accounts, and those that were connected before."""
    simulator = Simulator(
        port=free_port(port), webhook_url=f"{base_url}/functions/v1/meta-webhook", app_secret=app_secret
    )
    world = simulator.world
    account_files.load(world, account_files.files_of(directory).accounts)
    open_demo_accounts(world, app_secret)
    for account in world.accounts.values():
        if account.channel == "whatsapp":
            account.templates = [Template(name, code, "UTILITY", [_body(text)]) for name, code, text in _TEMPLATES]
    return simulator


def open_demo_accounts(world: World, app_secret: str) -> None:
    """Add the demo shops' numbers and pages, with the tokens that the seed seals."""
    for channel in CHANNELS:
        account = world.add_account(
            channel.platform,
            id=channel.external_id,
            business_id=channel.business_id,
            token=account_files.token_of(app_secret, channel.external_id),
            name=channel.name,
            phone=channel.phone,
        )
        account.page_id = channel.page_id


def environment(simulator: Simulator) -> dict[str, str]:
    """Return the settings that point the functions at the simulator."""
    return {
        "NEXUS_GRAPH_URL": simulator.base_url,
        "NEXUS_INSTAGRAM_GRAPH_URL": simulator.base_url,
        "NEXUS_META_APP_ID": APP_ID,
    }


async def run(simulator: Simulator, directory: Path) -> None:
    """Run until cancelled; meanwhile a file holds its address for commands."""
    files = account_files.files_of(directory)
    async with simulator.serving():
        files.address.write_text(json.dumps({"url": simulator.base_url}), encoding="utf-8")
        try:
            while True:
                account_files.keep(simulator.world, files.accounts)
                await asyncio.sleep(_KEEP_EVERY_S)
        finally:
            account_files.keep(simulator.world, files.accounts)
            files.address.unlink(missing_ok=True)


def _body(text: str) -> dict[str, object]:
    examples = [["منى", "1001"]] if "{{2}}" in text else [["منى"]]
    return {"type": "BODY", "text": text, "example": {"body_text": examples}}
