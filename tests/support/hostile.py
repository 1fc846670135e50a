"""Webhook bodies as nobody should send them: recorded ones with hostile values in any place, by a seed."""

import json
import random
from copy import deepcopy
from typing import Any

from tests.support.webhooks import Recorded

DEEP = "@deep"
LONG = "\u0627" * 3000
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    2**70,
    -(2**70),
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "x\udfff",
    "\u202e\u200f",
    "x" * 600,
    "x" * 70_000,
    LONG,
    "🕌" * 300,
    "infinity",
    "-infinity",
    "253402300800",
    "99999999999999999",
    "0",
    "-1",
    "NaN",
    "' OR 1=1 --",
    "EG." + "9" * 300,
    [],
    {},
    [None],
    [[["x"]]],
    [{} for _ in range(50)],
    {"id": None},
    {"": ""},
    {"\x00": "\ud800"},
    {"id": {"id": {"id": []}}},
    ["x" * 5000] * 20,
    DEEP,
]
KEYS = ["type", "id", "from", "timestamp", "mid", "context", "system", "reaction", "errors", "referral", "nobody_knows"]


def hostile(seed: int, recorded: list[Recorded], *, account_id: str, business_id: str, others: list[str]) -> Any:
    """Return one body with up to six hostile values in its entries; `others` are accounts of somebody else."""
    chance = random.Random(seed)  # noqa: S311  (tests are to repeat)
    kind = chance.choice(recorded)
    body = json.loads(kind.body_for(account_id, business_id, unique=f"hostile{seed}"))
    for entry in body["entry"]:
        for _ in range(chance.randint(1, 6)):
            _spoil(chance, entry, others)
    return body


def encoded(body: Any) -> bytes:
    """As JSON, nested as deep as asked for, which no encoder does."""
    deep = f"{'[' * 20_000}{']' * 20_000}"
    return json.dumps(body).replace(f'"{DEEP}"', deep).encode()


def _spoil(chance: random.Random, entry: dict[str, Any], others: list[str]) -> None:
    place = chance.choice(list(_places(entry)))
    value = deepcopy(chance.choice([*VALUES, *others]))
    if isinstance(place, list):
        place.insert(chance.randint(0, len(place)), value)
    elif place and chance.random() < 0.8:
        name = chance.choice(sorted(place))
        if chance.random() < 0.2:
            del place[name]
        else:
            place[name] = value
    else:
        place[chance.choice(KEYS)] = value


def _places(value: Any) -> Any:
    """Yield every object and list in it, the outermost too."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _places(each)
    elif isinstance(value, list):
        yield value
        for each in value:
            yield from _places(each)
