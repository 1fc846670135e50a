"""PGRST_* environment variables with PostgREST's meaning, for the interface on any database."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from infra.local.errors import LauncherError
from shared.platform.rest.settings import Bounds, OpenApiMode, RestSettings, TxEnd

_PREFIX = "PGRST_"
_APP = "APP_SETTINGS_"
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", ""})
_Choice = TypeVar("_Choice", bound=StrEnum)


class ForeignDatabase(msgspec.Struct, frozen=True):
    """The address of the database, and the settings of its interface."""

    uri: str
    pool_size: int
    pool_timeout_s: int
    prepares: bool
    channel: str | None
    """The channel on which `NOTIFY` reloads the schema cache; None listens to none."""
    rest: RestSettings


def foreign_database(environment: Mapping[str, str] | None = None) -> ForeignDatabase:
    """Read the settings.

    Raises:
        LauncherError: for a value that its setting does not take.
    """
    values = _Environment(os.environ if environment is None else environment)
    return ForeignDatabase(
        uri=values.text("DB_URI") or "postgresql://",
        pool_size=values.number("DB_POOL") or 10,
        pool_timeout_s=values.number("DB_POOL_ACQUISITION_TIMEOUT") or 10,
        prepares=values.flag("DB_PREPARED_STATEMENTS", otherwise=True),
        channel=(values.text("DB_CHANNEL") or "pgrst") if values.flag("DB_CHANNEL_ENABLED", otherwise=True) else None,
        rest=RestSettings(
            schemas=values.names("DB_SCHEMAS") or ("public",),
            extra_search_path=values.names("DB_EXTRA_SEARCH_PATH") or ("public",),
            anonymous_role=values.text("DB_ANON_ROLE"),
            pre_request=values.text("DB_PRE_REQUEST"),
            max_rows=values.number("DB_MAX_ROWS"),
            tx_end=values.choice("DB_TX_END", TxEnd.COMMIT),
            aggregates=values.flag("DB_AGGREGATES_ENABLED"),
            plan=values.flag("DB_PLAN_ENABLED"),
            jwt_secret=values.content("JWT_SECRET"),
            jwt_secret_is_base64=values.flag("JWT_SECRET_IS_BASE64"),
            jwt_audience=values.text("JWT_AUD"),
            jwt_role_claim_key=values.text("JWT_ROLE_CLAIM_KEY") or ".role",
            openapi_mode=values.choice("OPENAPI_MODE", OpenApiMode.FOLLOW_PRIVILEGES),
            openapi_security=values.flag("OPENAPI_SECURITY_ACTIVE"),
            openapi_proxy_uri=values.text("OPENAPI_SERVER_PROXY_URI"),
            bounds=Bounds(**{name: values.number(f"BOUND_{name.upper()}") for name in Bounds.__struct_fields__}),
            app_settings=values.app_settings(),
            allowed_origins=frozenset(values.names("SERVER_CORS_ALLOWED_ORIGINS")),
        ),
    )


class _Environment:
    """The environment, by names without their prefix; an empty value counts as not set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._values = {
            name.removeprefix(_PREFIX): value for name, value in environment.items() if name.startswith(_PREFIX)
        }

    def text(self, name: str) -> str | None:
        return self._values.get(name, "").strip() or None

    def content(self, name: str) -> str | None:
        """Return the value, or the content of the file that `@` names."""
        value = self.text(name)
        if value is None or not value.startswith("@"):
            return value
        try:
            return Path(value[1:]).read_text(encoding="utf-8").strip()
        except OSError as fault:
            raise self._wrong(name, f"{value[1:]} cannot be read: {fault.strerror}") from fault

    def names(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self._values.get(name, "").split(",") if part.strip())

    def number(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit()):
            raise self._wrong(name, "it takes a whole number")
        return int(value)

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        if name not in self._values:
            return otherwise
        value = self._values[name].strip().lower()
        if value not in _TRUE | _FALSE:
            raise self._wrong(name, "it takes true or false")
        return value in _TRUE

    def choice(self, name: str, otherwise: _Choice) -> _Choice:
        value = self.text(name)
        choices = {member.value: member for member in type(otherwise)}
        if value is not None and value not in choices:
            raise self._wrong(name, f"it takes one of {', '.join(choices)}")
        return otherwise if value is None else choices[value]

    def app_settings(self) -> tuple[tuple[str, str], ...]:
        found = (
            (name.removeprefix(_APP).lower(), value) for name, value in self._values.items() if name.startswith(_APP)
        )
        return tuple(sorted(found))

    @staticmethod
    def _wrong(name: str, reason: str) -> LauncherError:
        return LauncherError(f"{_PREFIX}{name} is wrong: {reason}.", mend="docs/rest.md lists the settings.")
