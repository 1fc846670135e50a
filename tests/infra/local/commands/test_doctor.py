"""The doctor's findings on servers in which much is wrong."""

import psycopg
import pytest
from pydantic import SecretStr

from infra import queries
from infra.local.commands import doctor
from infra.local.process import free_port
from infra.local.servers import time_zones
from infra.local.servers.services import embedded_services
from infra.local.settings import LocalSettings
from shared.kernel.clock import zone


@pytest.fixture
def examine(tmp_path):
    """Return the findings that are not fine, by subject."""

    def examine(database_url, store_url):
        settings = LocalSettings(
            data_dir=tmp_path / "data",
            port=free_port(),
            database_url=SecretStr(database_url),
            store_url=SecretStr(store_url),
        )
        findings = doctor.examine(settings)
        assert all(one.mend for one in findings if one.verdict != "fine")
        return {one.subject: one for one in findings if one.verdict != "fine"}

    return examine


def test_an_owner_as_login_an_empty_schema_and_a_store_that_is_away(examine, tmp_path):
    with embedded_services(tmp_path, schema=tmp_path / "none") as services:
        found = examine(services.admin_url, "valkey://127.0.0.1:1")
    assert {subject: one.verdict for subject, one in found.items()} == {
        "store": "wrong",
        "migrations": "wrong",
        "row level security": "warning",
        "roles": "wrong",
    }
    assert found["migrations"].mend == "Run `nexus migrate`."
    assert "may not become anon, authenticated, service_role" in found["roles"].message


def test_a_database_that_is_away(examine):
    found = examine("postgresql://nobody:secret@127.0.0.1:1/nexus", "valkey://127.0.0.1:1")
    assert found["database"].message.startswith("The database refuses: ")
    assert "secret" not in found["database"].message


def test_the_time_zones_that_differ_are_named(services, monkeypatch):
    with psycopg.connect(services.admin_url) as owner:
        assert time_zones.disagreements(owner) == []
        cairo, casablanca = zone("Africa/Cairo"), zone("Africa/Casablanca")
        owner.execute("INSERT INTO organizations (name, timezone) VALUES ('Rabat', 'Africa/Casablanca')")
        monkeypatch.setattr(time_zones, "zone", {"Africa/Casablanca": cairo}.get)
        monkeypatch.setattr(queries, "list_time_zones", lambda _: ["Africa/Casablanca"])
        (told,) = time_zones.disagreements(owner)
        assert told.startswith("Africa/Casablanca (from 20")
        monkeypatch.setattr(time_zones, "zone", lambda _: casablanca)
        monkeypatch.setattr(queries, "list_time_zones", lambda _: ["Mars/Base"])
        assert time_zones.disagreements(owner) == ["Mars/Base (the database has none of that name)"]
        owner.rollback()
