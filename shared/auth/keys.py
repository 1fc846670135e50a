"""The form of an agent's API key: `nxs_ak_` and 48 random letters and digits."""

import re
import secrets
import string

import msgspec

ALPHABET = string.ascii_letters + string.digits
START = "nxs_ak_"
_KEY = re.compile(r"nxs_ak_[A-Za-z0-9]{48}", re.ASCII)
_PREFIX_LENGTH = len(START) + 8


class NewKey(msgspec.Struct, frozen=True):
    """`raw` is shown once and never stored; `prefix` identifies the key and gives no access."""

    raw: str
    prefix: str


def new_key() -> NewKey:
    raw = START + "".join(secrets.choice(ALPHABET) for _ in range(48))
    return NewKey(raw, prefix_of(raw))


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def prefix_of(raw: str) -> str:
    return raw[:_PREFIX_LENGTH]
