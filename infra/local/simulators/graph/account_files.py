"""The stored accounts of a data directory's simulator: connected ones must survive a restart."""

import hashlib
import hmac
import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from shared.kernel.structs import fields_of

from .records import Account, Channel
from .world import World


class _Kept(msgspec.Struct):
    channel: Channel
    id: str
    business_id: str
    token: str
    name: str
    phone: str
    page_id: str | None
    registered: bool
    subscribed: bool


class Files(NamedTuple):
    """Files of a data directory: the accounts, and the address of a running simulator."""

    accounts: Path
    address: Path


def files_of(directory: Path) -> Files:
    return Files(directory / "simulator.json", directory / "simulator.address")


def token_of(app_secret: str, account_id: str) -> str:
    """Return the access token of a demo account, the same for the simulator and for the channel in the database."""
    return "EAASIM" + hmac.new(app_secret.encode(), account_id.encode(), hashlib.sha256).hexdigest()[:40]


def load(world: World, path: Path) -> None:
    """Load the accounts; ignore a file that cannot be read, because accounts can be connected again."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=list[_Kept])
    except (FileNotFoundError, msgspec.DecodeError):
        return
    for account in kept:
        world.accounts.setdefault(account.id, Account(**msgspec.structs.asdict(account)))


def keep(world: World, path: Path) -> None:
    """Store the accounts if something changed; only the owner can read the file, which holds tokens."""
    accounts = [_Kept(**fields_of(_Kept, account)) for account in world.accounts.values()]
    encoded = msgspec.json.encode(accounts)
    if path.exists() and path.read_bytes() == encoded:
        return
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(encoded)
    partial.replace(path)
