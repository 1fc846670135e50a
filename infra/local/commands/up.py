"""`nexus up`: starts everything, serves the gateway, and stops everything again."""

import contextlib
import json
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from types import FrameType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
from rich.console import Console

from infra.local.errors import LauncherError
from infra.local.mailbox import PATH as MAILBOX
from infra.local.process import LOOPBACK, free_port
from infra.local.servers import logs, time_zones
from infra.local.servers.services import Parts, exclusive, prepare
from infra.local.settings import DEFAULT_PORT, LocalSettings, export, own_meta

if TYPE_CHECKING:
    from infra.local.simulators.graph.server import Simulator

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Progress:
    """A line for each step with its duration, on standard error; a spinner while a step runs in a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    @contextlib.contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        began = time.monotonic()
        with self._console.status(f"{doing} …"):
            yield
        self._console.print(f"[green]✓[/] {done} [dim]({time.monotonic() - began:.1f} s)[/]", highlight=False)

    def note(self, text: str) -> None:
        self._console.print(f"  {text}", highlight=False, markup=False, soft_wrap=True)

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._began


@dataclass(frozen=True)
class Address:
    """What a user needs to begin; the `--json` answer of `nexus up`."""

    base_url: str
    logs: str
    data_dir: str
    demo_email: str
    demo_password: str
    publishable_key: str
    curl: str
    simulator: str | None
    """The address of the simulated Meta; None with NEXUS_GRAPH_URL."""
    mailbox: str | None
    """The address at which mails to people can be read; None with NEXUS_MAIL_URL."""
    ready_s: float


def up(settings: LocalSettings, *, seed: bool, as_json: bool) -> None:
    """Run until a signal; everything that was started has stopped on return."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    progress = Progress(Console(stderr=True))
    directory = prepare(settings.data_dir)
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        stack.enter_context(exclusive(directory))
        listener = stack.enter_context(contextlib.closing(_listen(settings.port)))
        logs.rotate(directory / "logs")
        parts = Parts(directory, settings)
        stack.callback(_stop, parts)
        _start(parts, progress, seed=seed)
        _serve(parts, listener, progress, settings=settings, as_json=as_json)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _listen(port: int) -> socket.socket:
    """Take the port before anything starts: a used port fails at once, and early callers wait until all is ready."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise LauncherError(
            f"Port {port} on {LOOPBACK} is taken by another program.",
            mend=f"Stop it (`lsof -i :{port}` names it), or choose another: NEXUS_PORT={free_port()}",
        ) from error
    return listener


def _start(parts: Parts, progress: Progress, *, seed: bool) -> None:
    with progress.step("Starting the database and the store", "Database and store answer"):
        parts.launch()
        parts.wait()
    if parts.postgres and parts.postgres.base != parts.directory:
        progress.note(
            f"The database's files are in {parts.postgres.base}: root cannot run Postgres, and the account that does "
            f"cannot enter {parts.directory}"
        )
    with progress.step("Migrating", "The schema is up to date"):
        parts.migrate()
    _warn_of_time_zones(parts, progress)
    if seed:
        from infra.local.demo.seed import seed as sow  # noqa: PLC0415  not imported by a start without it

        with progress.step("Seeding the demo business", "The demo business is in the database"):
            sow(parts.services.admin_url, parts.secrets)


def _warn_of_time_zones(parts: Parts, progress: Progress) -> None:
    with psycopg.connect(parts.services.admin_url, autocommit=True) as owner:
        differing = time_zones.disagreements(owner)
    if differing:
        progress.note(
            f"The database and tzdata disagree on days: {', '.join(differing)}. Run `nexus doctor` for details"
        )


def _serve(
    parts: Parts, listener: socket.socket, progress: Progress, *, settings: LocalSettings, as_json: bool
) -> None:
    base_url = f"http://{LOOPBACK}:{settings.port}"
    output = sys.stdout
    meta = _meta(parts, settings, base_url)

    def announce() -> None:
        address = _address(parts, base_url, meta, ready_s=progress.elapsed_s)
        print_address(address, Console(file=output), as_json=as_json)
        output.flush()

    with logs.open_gateway_log(parts.directory / "logs") as log, contextlib.redirect_stdout(log):
        from infra.local.serve import serve  # noqa: PLC0415  the functions read their settings from here on

        try:
            serve(parts, listener, base_url=base_url, meta=meta, on_started=announce)
        except SystemExit as error:  # raised by uvicorn when it cannot start
            raise LauncherError("The gateway did not start.", mend=f"Its log says why: {log.name}") from error


def _meta(parts: Parts, settings: LocalSettings, base_url: str) -> "Simulator | None":
    """Give the functions their settings, and make the simulated Meta that these name."""
    chosen = parts.services.environment(base_url)
    if settings.graph_url:
        export(chosen | own_meta())
        return None
    from infra.local.demo import simulator  # noqa: PLC0415  a server of its own, which a start without it need not load

    secret = parts.secrets.meta_app_secret
    meta = simulator.make(parts.directory, port=settings.port + 3, base_url=base_url, app_secret=secret)
    export(chosen | simulator.environment(meta))
    return meta


def _stop(parts: Parts) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave a server behind
    parts.stop()


def _address(parts: Parts, base_url: str, meta: "Simulator | None", *, ready_s: float) -> Address:
    return Address(
        base_url=base_url,
        logs=str(parts.directory / "logs"),
        data_dir=str(parts.directory),
        demo_email=parts.secrets.demo_email,
        demo_password=parts.secrets.demo_password,
        publishable_key=parts.secrets.publishable_key,
        curl=f"curl -s {base_url}/.well-known/mcp.json",
        simulator=meta.base_url if meta else None,
        mailbox=f"{base_url}{MAILBOX}" if parts.services.mail_url.startswith("file:") else None,
        ready_s=round(ready_s, 2),
    )


def _elsewhere(address: Address) -> str:
    """Return the settings that a command in another terminal needs to find this Nexus."""
    port = urlsplit(address.base_url).port
    return "" if port == DEFAULT_PORT else f"NEXUS_PORT={port} "


def print_address(address: Address, console: Console, *, as_json: bool) -> None:
    if as_json:
        console.print(json.dumps(asdict(address)), soft_wrap=True, markup=False, highlight=False)
        return
    lines = {
        "Nexus": f"{address.base_url}   (ready in {address.ready_s} s, Ctrl-C stops it)",
        "Logs": address.logs,
        "Demo user": f"{address.demo_email}   {address.demo_password}",
        "Public key": address.publishable_key,
        "Try": address.curl,
        "Then": f"{_elsewhere(address)}make demo   (in another terminal: the agent workflow, step by step)",
    }
    if address.simulator:
        lines["Customers"] = f"{address.simulator}   (.venv/bin/nexus simulate: write to the demo shop as a customer)"
    if address.mailbox:
        lines["Mailbox"] = f"{address.mailbox}   (the mails to people who sign up or forgot their password)"
    console.print()
    for name, value in lines.items():
        console.print(f"  [bold]{name:<12}[/] {value}", soft_wrap=True, highlight=False)
    console.print()
