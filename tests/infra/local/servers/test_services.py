"""Embedded Postgres and Valkey through crashes: whatever was killed, the next start works and the data are there."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
import valkey

from infra.local.errors import LauncherError
from infra.local.process import free_port, is_running
from infra.local.servers.services import AlreadyRunningError, Parts, embedded_services, exclusive, prepare
from infra.local.settings import REPOSITORY, LocalSettings


@pytest.fixture(scope="module")
def directory():
    place = Path(tempfile.mkdtemp(prefix="nexus-test-"))
    place.chmod(0o711)
    yield prepare(place / "data")
    shutil.rmtree(place)


@pytest.fixture
def make_parts(directory):
    made = []

    def make():
        parts = Parts(directory, LocalSettings(port=free_port()))
        made.append(parts)
        return parts

    yield make
    for parts in made:
        parts.stop()


@pytest.fixture
def start(make_parts):
    def start():
        parts = make_parts()
        parts.launch()
        parts.wait()
        return parts

    return start


@pytest.fixture
def eventually():
    def eventually(question):
        deadline = time.monotonic() + 20
        while not question():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    return eventually


@pytest.fixture
def ask():
    def ask(parts, *statements):
        with psycopg.connect(parts.services.admin_url, autocommit=True) as database:
            for statement in statements:
                answer = database.execute(statement)
            return next(answer)[0]

    return ask


def test_a_killed_database_and_store_start_again_with_the_data_and_the_ports(start, ask):
    first = start()
    ask(first, "CREATE TABLE kept AS SELECT 42 AS answer", "SELECT count(*) FROM kept")
    for part in (first.postgres, first.valkey):
        os.kill(part.pid, signal.SIGKILL)
    second = start()
    assert ask(second, "SELECT answer FROM kept") == 42
    assert second.services.admin_url == first.services.admin_url
    assert second.services.store_url == first.services.store_url


def test_a_server_that_died_is_restarted_and_named(start, ask):
    parts = start()
    assert parts.revive() == []
    for part in (parts.postgres, parts.valkey):
        os.kill(part.pid, signal.SIGKILL)
        part._process.wait()
    assert parts.revive() == ["Valkey", "Postgres"]
    assert ask(parts, "SELECT 1") == 1
    assert parts.valkey.answers()


def test_servers_that_a_killed_launcher_left_are_adopted_and_stopped(start, make_parts, ask):
    lost = start()
    found = make_parts()
    found.launch()
    found.wait()
    assert (found.postgres.pid, found.valkey.pid) == (lost.postgres.pid, lost.valkey.pid)
    assert ask(found, "SELECT 1") == 1
    found.stop()
    assert not any(is_running(part.pid) for part in (lost.postgres, lost.valkey))


def test_ports_taken_meanwhile_are_replaced(start, ask, directory, make_parts):
    first = start()
    first.stop()
    with contextlib.ExitStack() as stack:
        for part in (first.postgres, first.valkey):
            foreign = stack.enter_context(socket.socket())
            foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            foreign.bind(("127.0.0.1", part.port))
            foreign.listen()
        second = start()
        assert (second.postgres.port, second.valkey.port) != (first.postgres.port, first.valkey.port)
        assert ask(second, "SELECT 1") == 1


def test_a_lock_file_of_a_strangers_process_blocks_nothing(start, directory, ask):
    start().stop()
    (directory / "postgres/postmaster.pid").write_text(f"{os.getppid()}\n{directory}/postgres\n1\n1\n\n\n\n")
    assert ask(start(), "SELECT 1") == 1


def test_a_half_created_cluster_is_created_again(start, directory, ask):
    start().stop()
    (directory / "postgres.new").mkdir()
    (directory / "postgres.new/PG_VERSION").write_text("18")
    (directory / "postgres").rename(directory / "postgres.old")
    try:
        assert ask(start(), "SELECT count(*) FROM pg_class WHERE relname = 'kept'") == 0
    finally:
        shutil.rmtree(directory / "postgres.old")


def test_lost_secrets_are_reported(start, directory, make_parts):
    start().stop()
    kept = (directory / "secrets.json").read_bytes()
    (directory / "secrets.json").unlink()
    try:
        with pytest.raises(LauncherError, match=r"Restore secrets\.json"):
            start()
    finally:
        (directory / "secrets.json").write_bytes(kept)


def test_data_of_another_postgres_are_reported(start, directory):
    start().stop()
    version = directory / "postgres/PG_VERSION"
    kept = version.read_text()
    version.write_text("16\n")
    try:
        with pytest.raises(LauncherError, match="Set NEXUS_PG_BIN to the programs of Postgres 16"):
            start()
    finally:
        version.write_text(kept)


def test_a_data_directory_of_another_user_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LauncherError, match="is not yours"):
        prepare(tmp_path)


def test_one_launcher_at_a_time(directory):
    with exclusive(directory), pytest.raises(AlreadyRunningError, match=str(os.getpid())), exclusive(directory):
        pass
    with exclusive(directory):
        pass


def test_throwaway_services_leave_nothing_and_open_no_parent(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    none = tmp_path / "none"
    with embedded_services(home / "data", schema=none) as services:
        with psycopg.connect(services.admin_url) as database:
            cluster = Path(next(database.execute("SHOW data_directory"))[0])
            assert database.execute("SHOW fsync").fetchone() == ("off",)
        with valkey.Valkey.from_url(services.store_url) as store:
            assert store.ping()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert not cluster.exists()


def test_a_killed_test_run_takes_its_throwaway_servers_with_it(tmp_path, eventually):
    program = "import sys; from pathlib import Path; from infra.local.servers.services import embedded_services\n"
    program += "with embedded_services(Path(sys.argv[1]), schema=Path('none')): print('up', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY
    ) as run:
        assert run.stdout
        assert run.stdout.readline() == b"up\n"
        cluster = Path(json.loads((tmp_path / "postgres.json").read_bytes())["cluster"])
        pids = [
            int(file.read_text().split()[0]) for file in (cluster / "postmaster.pid", tmp_path / "valkey/valkey.pid")
        ]
        run.kill()
    eventually(lambda: not cluster.exists())
    assert not any(map(is_running, pids))


def test_strangers_need_a_password(start):
    services = start().services
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(services.admin_url.replace(services.secrets.postgres_password, "wrong"))
    with (
        valkey.Valkey.from_url(services.store_url.replace(services.secrets.store_password, "wrong")) as store,
        pytest.raises(valkey.AuthenticationError),
    ):
        store.ping()
