"""Server processes: their commands, their start and their end."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine
from bench.dataset import BUILD, RUN, Data
from infra.local.process import free_port
from infra.local.settings import REPOSITORY

BASE_URL = "http://127.0.0.1:54321"
"""The issuer of tokens; nothing listens there."""
PEERS = REPOSITORY / ".venv-bench" / "bin"
START_TIMEOUT_S = 30


@dataclass(frozen=True)
class Server:
    """`target` is a function's main.py or an ASGI app's name; a peer runs in its own virtual environment."""

    name: str
    target: str
    peer: bool = False
    framework: bool = False
    """Whether functions-framework's own command serves it, with gunicorn."""
    database: str = RUN
    free: bool = False
    """Whether it may use every core, instead of being pinned."""
    settings: tuple[tuple[str, str], ...] = ()
    """Settings of its environment, besides the common ones."""

    def command(self, port: int) -> list[str]:
        if self.framework:
            program = str(PEERS / "functions-framework")
            return [program, "--target", "handler", "--source", self.target, "--host", "127.0.0.1", "--port", str(port)]
        python = str(PEERS / "python") if self.peer else sys.executable
        return [python, "-m", "bench.serve", self.target, str(port)]


MCP = Server("Nexus mcp_server", "functions/mcp_server/main.py")
MCP_SMALL = Server("Nexus mcp_server, few tenants", "functions/mcp_server/main.py", database="bench_small")
AGENT_AUTH = Server("Nexus agent_auth", "functions/agent_auth/main.py", free=True)
KEY_LIST = Server("Nexus agent_api_key_list", "functions/agent_api_key_list/main.py")
GATEWAY = Server("Nexus gateway", "infra.local.gateway:app")
REST = Server("Nexus rest", "functions/rest/main.py")
WEBHOOK = Server("Nexus meta_webhook", "functions/meta_webhook/main.py")
WHOLE = Server("Nexus gateway, every core", "infra.local.gateway:app", free=True)
EMPTY = Server("empty async function", "bench/peers/empty/main.py")
FASTMCP = Server("peer 1 (FastMCP, SQLAlchemy, asyncpg)", "bench.peers.fastmcp_sqlalchemy:app", peer=True)
MCP_SDK = Server("peer 2 (MCP SDK, psycopg)", "bench.peers.mcp_sdk_psycopg:app", peer=True)
FASTAPI = Server("peer 3 (FastAPI, SQLAlchemy, asyncpg)", "bench.peers.fastapi_sqlalchemy:app", peer=True)
FF_SYNC = Server(
    "peer 4 (functions-framework, sync, psycopg)", "bench/peers/functions_sync/main.py", peer=True, framework=True
)
BARE = Server("bare limit (ASGI, same SQL)", "bench.peers.bare_asgi:app", peer=True)

GRAPH = Server("bare Graph API", "bench.peers.bare_graph:app", free=True)
BARE_WEBHOOK = Server("bare limit (ASGI, signature and insert)", "bench.peers.bare_webhook:app", peer=True)


@dataclass
class Running:
    server: Server
    port: int
    process: subprocess.Popen[bytes] = field(repr=False)


def environment(server: Server, data: Data) -> dict[str, str]:
    """Return an environment with only the caller's path, so that no other setting has an effect."""
    settings: Mapping[str, str]
    if server.peer:
        settings = {
            "BENCH_DATABASE_URL": data.peer_url(server.database),
            "BENCH_JWKS": data.services.secrets.jwt_jwks,
            "BENCH_ISSUER": f"{BASE_URL}/auth/v1",
            "BENCH_APP_SECRET": data.services.secrets.meta_app_secret,
        }
    else:
        settings = data.services.environment(BASE_URL) | {
            "NEXUS_DATABASE_URL": data.nexus_url(server.database),
            # The load comes from one address; its requests name other addresses, as behind a proxy.
            "NEXUS_TRUSTED_PROXIES": "1",
        }
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY), **settings, **dict(server.settings)}


def spawn(server: Server, data: Data, port: int) -> subprocess.Popen[bytes]:
    log = _log(server)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, machine.pinned(None if server.free else machine.server_cores()):
        return subprocess.Popen(
            server.command(port),
            cwd=REPOSITORY,
            env=environment(server, data),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@contextlib.contextmanager
def running(server: Server, data: Data) -> Iterator[Running]:
    with on_port(server, data, free_port()) as found:
        yield found


@contextlib.contextmanager
def on_port(server: Server, data: Data, port: int) -> Iterator[Running]:
    process = spawn(server, data, port)
    try:
        _wait(server, process, port)
        yield Running(server, port, process)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{server.name} did not start; its last words:\n{last_words(server)}")


def last_words(server: Server) -> str:
    return _log(server).read_text(errors="replace")[-2000:]


def _log(server: Server) -> Path:
    name = "".join(letter if letter.isalnum() else "-" for letter in server.name)
    return BUILD / "logs" / f"{name}.log"
