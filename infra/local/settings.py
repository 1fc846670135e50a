"""The launcher's own settings, read from NEXUS_* environment variables, and the settings it gives to functions."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[2]

DEFAULT_PORT = 54321


class LocalSettings(BaseSettings):
    """The launcher's settings; each has a default, so a fresh machine needs none."""

    model_config = SettingsConfigDict(env_prefix="NEXUS_", frozen=True, env_ignore_empty=True)

    port: int = Field(default=DEFAULT_PORT, gt=0, lt=65536)
    data_dir: Path = REPOSITORY / ".nexus"
    database_url: SecretStr | None = None
    """A managed Postgres instead of the embedded one, with the login of the functions."""
    admin_database_url: SecretStr | None = None
    """The owner of that database's schema, for migrations and seeding; by default the functions' login."""
    store_url: SecretStr | None = None
    """A managed Valkey or Redis instead of the embedded one."""
    mail_url: SecretStr | None = None
    """A mail server instead of the mailbox that the gateway shows."""
    pg_bin: Path | None = None
    """A directory with the programs of another Postgres."""
    head_timeout_s: float = Field(default=10, gt=0)
    """How long the gateway waits for the head of a request before it closes the connection."""
    write_timeout_s: float = Field(default=60, gt=0)
    """How long the gateway keeps an answer that the other side does not take, or hardly.

    A reader of 10 kB/s that was fast before takes its next piece after up to 40 s: its own system waits until a
    sixteenth of its buffer is free.
    """
    connections_of_one: int = Field(default=1000, gt=0)
    """The most connections of one address at once."""
    graph_url: str | None = None
    """Meta itself, or a simulator of your own, instead of ours; then you set NEXUS_META_* too."""


def export(environment: Mapping[str, str]) -> None:
    """Give these settings to the functions that this process is about to import."""
    os.environ.update(environment)


def own_meta() -> dict[str, str]:
    """Return the settings of an app at Meta that the environment already has."""
    return {name: value for name, value in os.environ.items() if name.startswith("NEXUS_META_")}
