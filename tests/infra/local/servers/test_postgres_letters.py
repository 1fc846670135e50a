"""What the embedded Postgres takes for letters: those of every script, in older data directories too."""

import psycopg
import pytest
from pydantic import SecretStr

from infra.local.commands import doctor
from infra.local.process import free_port
from infra.local.servers.postgres import Postgres
from infra.local.servers.services import Parts, embedded_services, prepare
from infra.local.settings import LocalSettings

AS_BEFORE = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]


@pytest.fixture
def blind(monkeypatch):
    """Postgres as launchers before this one made it; the block that follows `undo` is of this one again."""
    with monkeypatch.context() as patch:
        patch.setattr(Postgres, "_locale", lambda server: AS_BEFORE if server.version > 16 else ["--locale=C"])
        patch.setattr(Postgres, "_repair_ctype", lambda *_: None)
        yield patch


def trigrams(url):
    with psycopg.connect(url) as database:
        row = database.execute("SELECT cardinality(extensions.show_trgm('محمد'))").fetchone()
        assert row
        return row[0]


def findings(services, place):
    settings = LocalSettings(
        data_dir=place,
        port=free_port(),
        database_url=SecretStr(services.admin_url),
        store_url=SecretStr(services.store_url),
    )
    return {one.subject: one.verdict for one in doctor.examine(settings)}


def test_arabic_letters_make_trigrams(services, tmp_path):
    assert trigrams(services.admin_url) > 0
    assert findings(services, tmp_path / "data")["letters"] == "fine"


def test_the_doctor_refuses_a_database_without_arabic_letters(blind, tmp_path):
    with embedded_services(tmp_path / "old") as services:
        assert trigrams(services.admin_url) == 0
        assert findings(services, tmp_path / "data")["letters"] == "wrong"


def test_an_older_data_directory_learns_the_letters_and_keeps_its_rows(blind, tmp_path):
    settings = LocalSettings(port=free_port())
    directory = prepare(tmp_path / "old")
    for round_ in ("before", "after"):
        parts = Parts(directory, settings, fast=True)
        try:
            parts.launch()
            parts.wait()
            parts.migrate()
            with psycopg.connect(parts.services.admin_url, autocommit=True) as database:
                if round_ == "before":
                    database.execute("INSERT INTO organizations (name) VALUES ('متجر')")
                kept = database.execute("SELECT name FROM organizations").fetchall()
            assert kept == [("متجر",)]
            assert (trigrams(parts.services.admin_url) > 0) is (round_ == "after")
        finally:
            parts.stop()
        blind.undo()
    parts.remove()
