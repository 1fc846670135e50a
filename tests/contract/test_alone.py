"""What importing a function does: nothing but importing. It needs no setting, connects to nothing, and stays small."""

import os
import subprocess
import sys

import pytest

from infra import functions
from infra.needs import ROOT

CHECK = """
import sys

def watch(event, arguments):
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo"}:
        raise AssertionError(f"importing it does {event} {arguments}")

sys.addaudithook(watch)
from functions_framework.aio import create_asgi_app
create_asgi_app(target="handler", source="main.py")
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
NEVER = {"mcp", "boto3", "httpx", "phonenumbers", "pydantic_settings", "structlog", "valkey", "infra", "tests"}


@pytest.mark.parametrize("name", sorted(functions.names()))
def test_importing_a_function_needs_no_setting_and_connects_to_nothing(name):
    bare = {key: value for key, value in os.environ.items() if not key.startswith("NEXUS_")}
    folder = ROOT / "functions" / name
    run = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=folder, env=bare, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert not NEVER & set(run.stdout.split()), "a cold start would wait for it: import it where it is used"
