"""`nexus up` as a person has it: it serves, survives crashes, says what is in its way and stops cleanly."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from infra.local.process import free_port, is_running
from infra.local.servers.services import embedded_services
from infra.local.settings import REPOSITORY

NEXUS = [sys.executable, "-m", "infra.local"]


@pytest.fixture(scope="module")
def environment():
    place = Path(tempfile.mkdtemp(prefix="nexus-test-"))
    place.chmod(0o711)
    port = str(free_port())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
    yield kept | {"NEXUS_DATA_DIR": str(place / "data"), "NEXUS_PORT": port, "PYTHONPATH": str(REPOSITORY)}
    shutil.rmtree(place)


@pytest.fixture
def nexus(environment):
    """Runs one command to its end."""

    def nexus(*arguments, **changed):
        return subprocess.run(
            [*NEXUS, *arguments], env=environment | changed, capture_output=True, text=True, timeout=60, check=False
        )

    return nexus


@pytest.fixture
def up(environment):
    """Starts a launcher and waits for its address."""
    with contextlib.ExitStack() as stack:

        def up(**changed):
            command = [*NEXUS, "up", "--json", "--no-seed"]
            process = subprocess.Popen(command, env=environment | changed, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.terminate)
            assert process.stdout
            return process, json.loads(process.stdout.readline())

        yield up


@pytest.fixture
def servers(environment):
    """Return the process ids of Postgres and Valkey, as their own files tell them."""

    def servers():
        data = Path(environment["NEXUS_DATA_DIR"])
        files = (data / "postgres/postmaster.pid", data / "valkey/valkey.pid")
        return [int(file.read_text().split()[0]) for file in files]

    return servers


@pytest.fixture
def works(environment):
    """Return whether a function answers that needs the secrets, the store and the database."""

    def works(address):
        secrets = json.loads((Path(environment["NEXUS_DATA_DIR"]) / "secrets.json").read_bytes())
        credential = {"Authorization": f"Bearer {secrets['secret_key']}"}
        return httpx.post(f"{address['base_url']}/functions/v1/flush-usage", headers=credential).status_code == 200

    return works


@pytest.fixture
def eventually():
    def eventually(question):
        deadline = time.monotonic() + 20
        while not question():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    return eventually


def test_nexus_up_serves_and_sigterm_stops_every_server(up, servers):
    process, address = up()
    assert httpx.get(address["curl"].split()[-1]).status_code == 200
    started = servers()
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert not any(map(is_running, started))


def test_a_forged_client_address_does_not_evade_a_limit(up):
    _, address = up()
    exchange = f"{address['base_url']}/functions/v1/agent-auth"
    # Twice the limit and one more, so that a window that ends meanwhile makes no difference.
    statuses = [
        httpx.post(exchange, json={"api_key": "none"}, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(21)
    ]
    assert 429 in statuses


def test_the_second_start_keeps_the_secrets(up, nexus):
    process, address = up()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    again, same = up()
    assert (same["demo_password"], same["publishable_key"]) == (address["demo_password"], address["publishable_key"])
    again.terminate()
    again.wait(timeout=20)


def test_a_killed_launcher_leaves_nothing_that_blocks_the_next_start(up, servers, works):
    process, _ = up()
    left = servers()
    process.kill()
    process.wait()
    next_one, address = up()
    assert servers() == left
    assert works(address)
    next_one.terminate()
    next_one.wait(timeout=20)
    assert not any(map(is_running, left))


def test_all_killed_at_once_start_again(up, servers, works):
    process, _ = up()
    for pid in (process.pid, *servers()):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    next_one, address = up()
    assert works(address)
    next_one.terminate()
    assert next_one.wait(timeout=20) == 0


def test_killed_servers_are_started_again_while_it_serves(up, servers, eventually, works, nexus):
    _, address = up()
    before = servers()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: "Postgres died and was started again" in (Path(address["logs"]) / "gateway.log").read_text())
    assert not set(servers()) & set(before)
    assert works(address)
    findings = json.loads(nexus("doctor", "--json").stdout)
    assert [one for one in findings if one["verdict"] != "fine"] == []


def test_servers_of_ones_own_are_used_and_nothing_is_started(up, nexus, tmp_path, tmp_path_factory):
    with embedded_services(tmp_path_factory.mktemp("managed")) as managed:
        environment = {
            "NEXUS_DATA_DIR": str(tmp_path),
            "NEXUS_DATABASE_URL": managed.database_url,
            "NEXUS_ADMIN_DATABASE_URL": managed.admin_url,
            "NEXUS_STORE_URL": managed.store_url,
        }
        process, address = up(**environment)
        assert httpx.get(f"{address['base_url']}/functions/v1/agent-usage").status_code == 401
        findings = json.loads(nexus("doctor", "--json", **environment).stdout)
        assert [one for one in findings if one["verdict"] != "fine"] == []
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert not {file.name for file in tmp_path.iterdir()} & {"postgres", "postgres.json", "valkey"}
    refused = nexus("migrate", "--json", **environment)
    assert json.loads(refused.stdout)["error"].startswith("The database refuses")


def test_a_second_launcher_on_the_same_data_is_refused(up, nexus):
    process, _ = up()
    second = nexus("up")
    assert (second.returncode, second.stdout) == (1, "")
    assert f"process {process.pid}" in second.stderr
    assert "NEXUS_DATA_DIR" in second.stderr


def test_commands_use_the_servers_of_a_running_launcher(up, nexus, servers):
    up()
    before = servers()
    assert json.loads(nexus("migrate", "--json").stdout)["applied"] == []
    assert servers() == before


def test_a_port_in_use_is_named_with_a_way_out(nexus, environment):
    with socket.socket() as foreign:
        foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        foreign.bind(("127.0.0.1", int(environment["NEXUS_PORT"])))
        foreign.listen()
        answer = json.loads(nexus("up", "--json").stdout)
        diagnosis = nexus("doctor", "--json")
    assert answer["error"] == f"Port {environment['NEXUS_PORT']} on 127.0.0.1 is taken by another program."
    assert "NEXUS_PORT=" in answer["mend"]
    assert diagnosis.returncode == 1
    assert [one["subject"] for one in json.loads(diagnosis.stdout) if one["verdict"] == "wrong"] == ["port"]


def test_doctor_says_what_is_wrong_and_how_to_mend_it(nexus, environment):
    secrets = Path(environment["NEXUS_DATA_DIR"]) / "secrets.json"
    secrets.chmod(0o644)
    try:
        answer = nexus("doctor", NEXUS_PG_BIN="/usr")
    finally:
        secrets.chmod(0o600)
    assert answer.returncode == 1
    assert f"chmod 600 {secrets}" in answer.stdout
    assert "NEXUS_PG_BIN is /usr, which has no initdb" in answer.stdout


def test_a_wrong_setting_is_named(nexus):
    answer = nexus("up", NEXUS_PORT="many")
    assert answer.returncode == 1
    assert "NEXUS_PORT: Input should be a valid integer" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", ["up", "demo", "migrate", "seed", "doctor"])
def test_every_command_explains_itself(nexus, command):
    assert command in nexus("--help").stdout
    answer = nexus(command, "--help")
    assert answer.returncode == 0
    assert "Usage: " in answer.stdout
