"""Each locked set installs into an empty environment by the oldest pip that comes with a Python we promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OLDEST_PIP = "22.3.1"
"""Python 3.11.0 and 3.11.1 bring it."""


@pytest.fixture
def path_without_uv(tmp_path) -> str:
    """Return the PATH, but for uv and with the Python that runs this test."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "rm", "chmod", "dirname", "cat"):
        (tools / tool).symlink_to(next(found for place in _places() if (found := place / tool).exists()))
    (tools / "python3").symlink_to(sys.executable)
    return str(tools)


def _places() -> list[Path]:
    return [Path(place) for place in os.environ["PATH"].split(os.pathsep)]


@pytest.fixture
def empty_environment(tmp_path) -> Path:
    place: Path = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    pip = [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"pip=={OLDEST_PIP}"], check=True)
    return place


@pytest.mark.parametrize("name", ["runtime", "local", "dev", "bench"])
def test_a_locked_set_installs_with_the_oldest_pip(name, empty_environment, path_without_uv):
    install = ["sh", "infra/local/install.sh", empty_environment, f"requirements/{name}.txt"]
    done = subprocess.run(
        install, cwd=ROOT, env={**os.environ, "PATH": path_without_uv}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    pip = [empty_environment / "bin/python", "-m", "pip", "--version"]
    assert f"pip {OLDEST_PIP} " in subprocess.run(pip, capture_output=True, text=True, check=True).stdout


def test_every_set_brings_the_time_zones():
    for lock in (ROOT / "requirements").glob("*.txt"):
        pins = [line for line in lock.read_text().splitlines() if line.startswith("tzdata==")]
        assert pins, lock.name
        assert all(";" not in pin for pin in pins), lock.name
