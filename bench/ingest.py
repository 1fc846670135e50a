"""Webhooks: how many a second beside a receiver that only checks and inserts, and Meta's own rule at full rate."""

import contextlib
import hashlib
import hmac
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench import queries, servers
from bench.figures import Figure, Goal, alone, compared, interleaved
from bench.groups import Room, Target, ask
from bench.load import Measured
from bench.servers import running
from bench.traffic import Request

A_SECOND = 320
"""Three statuses for each of 80 outgoing messages, and 80 incoming messages."""
FULL_S, QUICK_S = 60, 5
PEOPLE = 400
NUMBERS = 2
AGAIN = 20
"""Every webhook of this number is delivered twice."""
NEAR = 200
"""How many positions webhooks are delivered out of order."""
WORDS = ("read", "delivered", "sent")
DRAIN_S = 120
MOST_A_SECOND = 9000
CALLERS = 64
"""Meta calls from many machines: it does not wait for one answer before it sends the next."""
PATH = "/functions/v1/meta-webhook"


@dataclass(frozen=True)
class Webhook(Request):
    """A body with Meta's signature."""

    content: bytes = b""
    signature: str = ""

    def raw(self, port: int) -> bytes:
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"X-Hub-Signature-256: {self.signature}\r\nContent-Length: {len(self.content)}\r\n\r\n"
        )
        return head.encode() + self.content


class Sender:
    """Makes webhooks for the numbers of a run."""

    def __init__(self, room: Room, path: str) -> None:
        self._secret = room.data.services.secrets.meta_app_secret.encode()
        self._path = path
        self._dice = random.Random(7)  # noqa: S311  disorder, no secret
        self.mark = uuid.uuid4().hex[:12]
        with room.data.connect() as connection:
            self._numbers = queries.insert_numbers(connection, count=NUMBERS)

    def message(self, number: int) -> Webhook:
        sender = f"2015900{number % PEOPLE:05}"
        item = {
            "from": sender,
            "id": f"wamid.{self.mark}.in.{number}",
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": f"السلام عليكم، طلبي رقم {number} فين؟"},
        }
        contacts = [{"profile": {"name": f"Customer {number % PEOPLE}"}, "wa_id": sender}]
        return self._signed(number, {"contacts": contacts, "messages": [item]})

    def status(self, number: int, word: str) -> Webhook:
        item = {
            "id": f"wamid.{self.mark}.out.{number}",
            "status": word,
            "timestamp": str(int(time.time())),
            "recipient_id": f"2015900{number % PEOPLE:05}",
            "pricing": {"billable": True, "pricing_model": "PMP", "category": "service", "type": "regular"},
        }
        return self._signed(number, {"statuses": [item]})

    def written(self, count: int, batch: int = 50) -> Iterator[Webhook]:
        """Yield echoes of so many messages from the phone app, to which the statuses belong."""
        for parity in range(NUMBERS):
            own = list(range(parity, count, NUMBERS))
            for begin in range(0, len(own), batch):
                items = [
                    {
                        "from": "201500000001",
                        "to": f"2015900{number % PEOPLE:05}",
                        "id": f"wamid.{self.mark}.out.{number}",
                        "timestamp": str(int(time.time())),
                        "type": "text",
                        "text": {"body": "أهلا"},
                    }
                    for number in own[begin : begin + batch]
                ]
                yield self._signed(parity, {"message_echoes": items}, field="smb_message_echoes")

    def mixed(self, messages: int) -> list[Webhook]:
        """Return so many incoming messages, and three statuses for each of as many outgoing ones, slightly out of
        order.
        """
        made = [
            webhook
            for number in range(messages)
            for webhook in (self.message(number), *(self.status(number, word) for word in WORDS))
        ]
        ordered = sorted(range(len(made)), key=lambda index: index + self._dice.uniform(0, NEAR))
        return [made[index] for index in ordered]

    def _signed(self, number: int, value: dict[str, Any], field: str = "messages") -> Webhook:
        phone_id, waba_id = self._numbers[number % NUMBERS]
        metadata = {"display_phone_number": "201500000001", "phone_number_id": phone_id}
        change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
        body = {"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": [change]}]}
        raw = json.dumps(body, separators=(",", ":")).encode()
        signature = "sha256=" + hmac.new(self._secret, raw, hashlib.sha256).hexdigest()
        return Webhook("POST", self._path, "", content=raw, signature=signature)


def measure(room: Room) -> list[Figure]:
    return [_beside_the_bare(room), *_at_full_rate(room)]


def _beside_the_bare(room: Room) -> Figure:
    """Measure with new webhooks for each run: a repeated one is cheaper to store."""
    with room.data.connect() as connection:
        queries.make_webhook_table(connection)

    def a_second(at: servers.Running) -> float:
        sender = Sender(room, "/")
        webhooks = [sender.message(number) for number in range(room.seconds * MOST_A_SECOND)]
        return Target(at, webhooks, at.server.name).run(room.seconds).per_second

    with running(servers.WEBHOOK, room.data) as ours, running(servers.BARE_WEBHOOK, room.data) as bare:
        runs = {"ours": lambda: a_second(ours), "bare": lambda: a_second(bare)}
        values = interleaved(runs, rounds=room.rounds, after_each=room.step)
    return compared(
        "webhooks kept",
        unit="requests/s",
        peer=servers.BARE_WEBHOOK.name,
        ours=values["ours"],
        against=values["bare"],
        goal=Goal("at least", 0.5),
    )


def _at_full_rate(room: Room) -> list[Figure]:
    seconds = FULL_S if room.seconds > 1 else QUICK_S
    sender = Sender(room, PATH)
    webhooks = sender.mixed(A_SECOND * seconds * (AGAIN - 1) // AGAIN // 4)
    repeated = [
        webhook for index, one in enumerate(webhooks) for webhook in ([one, one] if index % (AGAIN - 1) == 0 else [one])
    ]
    with running(servers.WHOLE, room.data) as gateway, _reading(room, gateway.port):
        for webhook in sender.written(len(webhooks) // 4):
            ask(gateway.port, webhook)
        _drained(room)
        target = Target(gateway, repeated, "ingest")
        measured = target.steady(len(repeated) / A_SECOND, A_SECOND, CALLERS)
        late_s = _drained(room)
    room.step()
    return _figures(measured, _astray(room, sender.mark, len(webhooks) // 4), late_s)


def _figures(measured: Measured, astray: int, late_s: float) -> list[Figure]:
    what = f"{A_SECOND} webhooks/s for {measured.seconds:.0f} s"
    return [
        alone(f"p50 of {what}", unit="ms", values=[measured.p50_ms], goal=Goal("at most", 250)),
        alone(f"p99 of {what}", unit="ms", values=[measured.p99_ms], goal=Goal("at most", 1000)),
        alone("until the last of them was read", unit="s", values=[late_s], goal=None),
        alone("lost or doubled of them", unit="messages", values=[astray], goal=Goal("at most", 0)),
    ]


@contextlib.contextmanager
def _reading(room: Room, port: int) -> Iterator[None]:
    """Read the inbox every second, as the scheduler does."""
    stopped = threading.Event()
    job = Request("POST", "/functions/v1/process-inbox", room.data.services.secrets.secret_key, body={})

    def tick() -> None:
        while not stopped.wait(1):
            with contextlib.suppress(OSError):
                ask(port, job)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _drained(room: Room) -> float:
    """Return the seconds until nothing waits.

    Raises:
        RuntimeError: if something still waits long after.
    """
    began = time.monotonic()
    with room.data.connect() as connection:
        while queries.count_waiting_webhooks(connection):
            if time.monotonic() - began > DRAIN_S:
                raise RuntimeError("webhooks wait that nobody reads")
            time.sleep(0.1)
    return time.monotonic() - began


def _astray(room: Room, mark: str, messages: int) -> int:
    """Count the difference from one row for each message and from all outgoing messages read."""
    with room.data.connect() as connection:
        found = queries.count_messages(connection, like=f"wamid.{mark}.%")
    inbound = [counts for (way, _), counts in found.items() if way == "inbound"]
    rows, ids = sum(counts[0] for counts in inbound), sum(counts[1] for counts in inbound)
    read_rows, read_ids = found.get(("outbound", "read"), (0, 0))
    return sum(abs(count - messages) for count in (rows, ids, read_rows, read_ids))
