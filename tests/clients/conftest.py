"""The TypeScript client, installed once beside its lock file and run by the machine's own Node."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
OLDEST = 20


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """Runs a script; what it printed, as JSON."""
    npm, program = shutil.which("npm"), shutil.which("node")
    if npm is None or program is None:
        pytest.skip("DID NOT RUN: node and npm are not installed, so the TypeScript client was not tested")
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST:
        pytest.skip(f"DID NOT RUN: Node {version.strip()} is older than the TypeScript client needs")
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = PACKAGES / ".installed"
    if not stamp.exists() or stamp.read_text() != lock:
        subprocess.run([npm, "ci"], cwd=HERE, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        stamp.write_text(lock)

    def run(script: str, *arguments: str) -> Any:
        ended = subprocess.run(
            [program, script, *arguments],
            cwd=HERE,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run
