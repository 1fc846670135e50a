"""Settings from the environment: what is missing is named, and no value is shown."""

import pytest

from shared.runtime.settings import SettingsError, from_environment

NEEDED = {"NEXUS_DATABASE_URL": "postgresql://h", "NEXUS_STORE_URL": "valkey://h", "NEXUS_PEPPER": "hush"}


@pytest.fixture
def given(monkeypatch):
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_variables_are_read_by_their_names(given):
    given.setenv("NEXUS_DATABASE_POOL_SIZE", "3")
    given.setenv("NEXUS_DATABASE_PREPARES", "false")
    given.setenv("NEXUS_ALLOWED_ORIGINS", '["https://a.example", "https://b.example"]')
    settings = from_environment()
    assert (settings.database_pool_size, settings.database_prepares) == (3, False)
    assert settings.allowed_origins == {"https://a.example", "https://b.example"}
    assert settings.pepper.get_secret_value() == "hush"


def test_a_missing_variable_is_named_and_no_other_is_shown(given):
    given.delenv("NEXUS_DATABASE_URL")
    given.delenv("NEXUS_STORE_URL")
    with pytest.raises(SettingsError, match="NEXUS_DATABASE_URL, NEXUS_STORE_URL") as fault:
        from_environment()
    assert "hush" not in str(fault.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEXUS_DATABASE_POOL_SIZE", "none"),
        ("NEXUS_DATABASE_PREPARES", "perhaps"),
        ("NEXUS_BCRYPT_COST", "3"),
        ("NEXUS_ALLOWED_ORIGINS", "https://a.example"),
        ("NEXUS_REDIRECT_URLS", "[1]"),
        ("NEXUS_JWT_ALGORITHM", "none"),
        ("NEXUS_GRAPH_VERSION", "26"),
    ],
)
def test_a_wrong_value_is_refused_by_name(given, name, value):
    given.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        from_environment()


def test_a_secret_is_not_shown_with_the_settings(given):
    assert "hush" not in repr(from_environment())
