"""The doctor's findings on servers in which much is wrong."""

import pytest
from pydantic import SecretStr

from infra.local import doctor
from infra.local.process import free_port
from infra.local.services import embedded_services
from infra.local.settings import LocalSettings


@pytest.fixture
def examine(tmp_path):
    """The findings that are not fine, by subject."""

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
    with embedded_services(tmp_path, migrations=tmp_path / "none") as services:
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
