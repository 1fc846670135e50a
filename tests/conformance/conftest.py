"""The fixture server, and the Node programs that are run against it, installed once beside their lock file."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.fixture_server import SERVER, FixtureSession
from tests.conformance.serving import served

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    with served(SERVER, FixtureSession()) as address:
        yield address


@pytest.fixture(scope="session")
def node() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script with the pinned Node, which the packages need; the machine's own may be too old."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("DID NOT RUN: npm is not installed, so neither conformance nor the TypeScript clients were tested")
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = PACKAGES / ".installed"
    if not stamp.exists() or stamp.read_text() != lock:
        subprocess.run([npm, "ci"], cwd=HERE, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        stamp.write_text(lock)

    def run(script: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = PACKAGES / "node" / "bin" / "node"
        return subprocess.run(
            [program, script, *arguments],
            cwd=HERE,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def seen_by(node, url) -> Callable[..., Any]:
    """Return what a client program printed about the server."""

    def run(script: str, *arguments: str) -> Any:
        ended = node(script, url, *arguments)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run
