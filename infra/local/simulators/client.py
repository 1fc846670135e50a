"""`nexus simulate`: acts as a customer of the demo shop, and shows the shop's answers."""

import base64
import json
import mimetypes
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx
from rich.console import Console
from rich.markup import escape

from infra.local.errors import LauncherError
from infra.local.simulators.graph.account_files import files_of

_WAIT_S = 20
_LOOK_S = 1
_SHOWN = 8
"""Earlier lines of the conversation that are shown at its start."""
CUSTOMERS = {"whatsapp": "201590012345", "facebook": "7700000000012345", "instagram": "8800000000012345"}
"""The default customers; no operator that we know of has the block +20 159."""
HELP = """/read       look at what came: the shop sees its messages as read
/react 👍   react to the shop's last message; without an emoji take it back
/file PATH  send a file
/fault NAME [TIMES]   make the shop's next sends go wrong (/faults lists how)
/quit       leave"""


class Customer:
    """One person on one channel, through the simulator's HTTP interface, until the block ends."""

    def __init__(self, url: str, *, channel: str, account_id: str | None, customer_id: str | None, name: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/simulator", timeout=_WAIT_S + 10)
        accounts = self._call("GET", "/accounts")["accounts"]
        found = next((one for one in accounts if account_id in {None, one["id"]} and one["channel"] == channel), None)
        if found is None:
            raise LauncherError(
                f"The simulator has no {channel} account {account_id or ''}.",
                mend="nexus simulate accounts lists them.",
            )
        self.shop = found
        self.id = customer_id or CUSTOMERS[channel]
        self.name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def write(self, text: str) -> dict[str, Any]:
        return self._call("POST", "/messages", {**self._both, "name": self.name, "text": text})

    def send_file(self, path: Path) -> dict[str, Any]:
        mime_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        kind = mime_type.partition("/")[0]
        fields = {
            "kind": kind if kind in {"image", "video", "audio"} else "document",
            "file": base64.b64encode(path.read_bytes()).decode(),
            "mime_type": mime_type,
        }
        named = {"filename": path.name} if fields["kind"] == "document" else {}
        return self._call("POST", "/messages", {**self._both, "name": self.name, **fields, **named})

    def read(self) -> int:
        count: int = self._call("POST", "/reads", self._both)["read"]
        return count

    def react(self, message_id: str, emoji: str | None) -> None:
        self._call("POST", "/reactions", {**self._both, "message_id": message_id, "emoji": emoji})

    def lines(self, *, after: int = 0, wait_s: float = 0) -> list[dict[str, Any]]:
        """Return lines of both sides, in order; wait up to `wait_s` for the next one."""
        query = {**self._both, "after": str(after), "wait_s": str(wait_s)}
        found: list[dict[str, Any]] = self._call("GET", "/conversation", params=query)["lines"]
        return found

    def order_fault(self, name: str, times: int) -> None:
        self._call("POST", "/faults", {"fault": name, "times": times, "account_id": self.shop["id"]})

    def known_faults(self) -> dict[str, str]:
        known: dict[str, str] = self._call("GET", "/faults")["known"]
        return known

    @property
    def _both(self) -> dict[str, str]:
        return {"account_id": self.shop["id"], "customer_id": self.id}

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        return call(self._http, method, path, body, params=params)


def call(
    http: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None, **request: Any
) -> dict[str, Any]:
    try:
        answer = http.request(method, path, json=body, **request)
    except httpx.HTTPError as fault:
        raise LauncherError("The simulator does not answer.", mend="Is Nexus running? make up starts it.") from fault
    answered: dict[str, Any] = answer.json()
    if answer.is_error:
        raise LauncherError(str(answered.get("error", answer.status_code)), mend="See nexus simulate --help.")
    return answered


def listening(url: str) -> httpx.Client:
    """Open a client for requests that concern no customer: accounts, faults, webhooks and their delivery."""
    return httpx.Client(base_url=f"{url}/simulator", timeout=_WAIT_S + 10)


def address(directory: Path) -> str:
    """Return the address of the data directory's running simulator."""
    try:
        url: str = json.loads(files_of(directory).address.read_bytes())["url"]
    except FileNotFoundError as error:
        raise LauncherError("No simulator runs here.", mend="Start Nexus first: make up") from error
    return url


def say(customer: Customer, text: str, *, wait_s: float) -> Iterator[dict[str, Any]]:
    """Write one message; yield it, and the shop's answer if one comes within `wait_s`."""
    line = customer.write(text)
    yield line
    after, until = line["number"], time.monotonic() + wait_s
    while (left := until - time.monotonic()) > 0:
        for answer in customer.lines(after=after, wait_s=min(left, _WAIT_S)):
            after = answer["number"]
            if not answer["by_customer"]:
                yield answer
                return


def chat(customer: Customer, console: Console, read_line: Callable[[], str] = input) -> None:
    """Write each line of input as a message until /quit or the end of the input; show the shop's messages meanwhile.

    The last lines of the earlier conversation come first.
    """
    console.print(
        f"You are [bold]{escape(customer.name)}[/] ({customer.id}) and write to "
        f"[bold]{escape(customer.shop['name'])}[/] on {customer.shop['channel']}. /help says what else you can do."
    )
    before = customer.lines()
    for earlier in before[-_SHOWN:]:
        show(earlier, customer, console)
    stopped = threading.Event()
    after = before[-1]["number"] if before else 0
    watcher = threading.Thread(target=_watch, args=(customer, console, stopped, after), daemon=True)
    watcher.start()
    try:
        while (line := read_line().strip()) != "/quit":
            if line.startswith("/"):
                _command(customer, console, line)
            elif line:
                customer.write(line)
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        stopped.set()
        watcher.join()


def _watch(customer: Customer, console: Console, stopped: threading.Event, after: int) -> None:
    while not stopped.is_set():
        try:
            lines = customer.lines(after=after, wait_s=_LOOK_S)
        except LauncherError as error:
            console.print(f"[red]✗[/] {escape(error.message)}")
            return
        for line in lines:
            after = line["number"]
            if not line["by_customer"]:
                show(line, customer, console)


def show(line: dict[str, Any], customer: Customer, console: Console) -> None:
    who = customer.name if line["by_customer"] else customer.shop["name"]
    colour = "cyan" if line["by_customer"] else "green"
    console.print(f"[bold {colour}]{escape(who)}[/] {escape(line['text'])}", soft_wrap=True, highlight=False)


def _command(customer: Customer, console: Console, line: str) -> None:
    name, _, rest = line.partition(" ")
    try:
        match name:
            case "/read":
                console.print(f"{customer.read()} read", style="dim")
            case "/react":
                _react(customer, rest.strip() or None)
            case "/file":
                customer.send_file(Path(rest.strip()).expanduser())
            case "/fault":
                fault, _, times = rest.strip().partition(" ")
                customer.order_fault(fault, int(times or 1))
            case "/faults":
                for known, meaning in customer.known_faults().items():
                    console.print(f"  {known:<11} {meaning}", highlight=False)
            case _:
                console.print(HELP, highlight=False, markup=False)
    except (LauncherError, OSError, ValueError) as error:
        console.print(f"[red]✗[/] {escape(str(getattr(error, 'message', error)))}")


def _react(customer: Customer, emoji: str | None) -> None:
    ours = [line for line in customer.lines() if not line["by_customer"]]
    if not ours:
        raise ValueError("the shop has not written yet")
    customer.react(ours[-1]["message_id"], emoji)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
