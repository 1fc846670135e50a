"""The load generators: wrk if the machine has it, else our own client, which also keeps a fixed rate."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from infra.local.settings import REPOSITORY

SCRIPT = Path(__file__).with_name("rotate.lua")
CONNECTIONS = 16


@dataclass(frozen=True)
class Measured:
    """The result of one run; times in milliseconds."""

    requests: int
    seconds: float
    errors: int
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return (self.requests - self.errors) / self.seconds


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "bench.client"


def run(file: Path, port: int, *, seconds: float, connections: int = CONNECTIONS) -> Measured:
    """Send as fast as the server answers that many connections."""
    if generator() != "wrk":
        return finish(start(file, port, seconds=seconds, connections=connections))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(SCRIPT)]
    command += [f"http://127.0.0.1:{port}/", "--", str(file), _fresh_counter()]
    with machine.pinned(machine.load_cores()):
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return parse(answer.stdout)


def parse(output: str) -> Measured:
    """Parse the output of rotate.lua, whose times are in microseconds."""
    lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise RuntimeError(f"wrk printed no result:\n{output}")
    requests, duration, errors, p50, p99 = (float(part) for part in lines[0].split()[1:])
    return Measured(int(requests), duration / 1e6, int(errors), p50 / 1e3, p99 / 1e3)


def start(
    file: Path, port: int, *, seconds: float, connections: int = CONNECTIONS, rate: float = 0
) -> subprocess.Popen[str]:
    """Start our own client, at a fixed rate if one is given; `finish` waits for it."""
    command = [sys.executable, "-m", "bench.client", str(file), str(port), str(seconds), str(connections), str(rate)]
    with machine.pinned(machine.load_cores()):
        return subprocess.Popen([*command, _fresh_counter()], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def finish(client: subprocess.Popen[str]) -> Measured:
    output, _ = client.communicate()
    return Measured(**json.loads(output))


def _fresh_counter() -> str:
    return str(int(time.time() * 1e5) % 10**11)
