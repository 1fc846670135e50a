"""The recorded webhooks of tests/fixtures/meta: one file a kind, with what it means and the events it is read into."""

import json
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from shared.kernel.clock import utc_now

FOLDER = Path(__file__).parents[1] / "fixtures" / "meta"
CHANNELS = {"whatsapp": "whatsapp", "messenger": "facebook", "instagram": "instagram"}


class Recorded(NamedTuple):
    """`events` are parts of the events: what is named must be so."""

    name: str
    channel: str
    means: str
    events: list[dict[str, Any]]
    body: dict[str, Any]

    def body_for(self, account_id: str, business_id: str, *, at: int | None = None, unique: str = "") -> bytes:
        """Return the body as that account gets it at that second; message ids are new unless `unique` is given."""
        seconds = at or int(utc_now().timestamp()) - 60
        unique = unique or uuid.uuid4().hex
        text = json.dumps(self.body)
        for mark, value in {
            '"@seconds_text"': f'"{seconds}"',
            '"@seconds"': str(seconds),
            '"@milliseconds"': str(seconds * 1000),
            "@account_id": account_id,
            "@business_id": business_id,
            "@unique": unique,
        }.items():
            text = text.replace(mark, value)
        return text.encode()


def recorded() -> list[Recorded]:
    """Return all recorded webhooks."""
    found = []
    for path in sorted(FOLDER.glob("*/*.json")):
        told = json.loads(path.read_bytes())
        name = f"{path.parent.name}/{path.stem}"
        found.append(Recorded(name, CHANNELS[path.parent.name], told["means"], told["events"], told["body"]))
    return found
