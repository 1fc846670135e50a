"""PGRST_* as PostgREST reads them."""

import inspect
import re

from infra.documents.rest import PAGE
from infra.local.servers import rest_settings
from infra.local.servers.rest_settings import foreign_database
from shared.platform.rest.settings import Bounds, OpenApiMode, RestSettings, TxEnd


def test_empty_settings_equal_the_defaults_of_postgrest():
    told = foreign_database({"HOME": "/root", "PGRST_DB_ANON_ROLE": ""})
    assert (told.uri, told.pool_size, told.prepares, told.channel) == ("postgresql://", 10, True, "pgrst")
    assert told.rest == RestSettings()


def test_every_setting_is_read(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    told = foreign_database(
        {
            "PGRST_DB_URI": "postgresql://x@y/z",
            "PGRST_DB_SCHEMAS": "a, b,",
            "PGRST_DB_EXTRA_SEARCH_PATH": "c",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_PRE_REQUEST": "a.check",
            "PGRST_DB_MAX_ROWS": "100",
            "PGRST_DB_TX_END": "rollback-allow-override",
            "PGRST_DB_AGGREGATES_ENABLED": "TRUE",
            "PGRST_DB_PLAN_ENABLED": "on",
            "PGRST_DB_CHANNEL_ENABLED": "no",
            "PGRST_DB_PREPARED_STATEMENTS": "0",
            "PGRST_JWT_SECRET": f"@{tmp_path / 'secret'}",
            "PGRST_JWT_AUD": "us",
            "PGRST_OPENAPI_MODE": "disabled",
            "PGRST_APP_SETTINGS_JWT_EXP": "60",
            "PGRST_BOUND_ANSWER_BYTES": "1000",
            "PGRST_SERVER_CORS_ALLOWED_ORIGINS": "https://a.example, https://b.example",
        }
    )
    assert (told.uri, told.prepares, told.channel) == ("postgresql://x@y/z", False, None)
    assert told.rest == RestSettings(
        schemas=("a", "b"),
        extra_search_path=("c",),
        anonymous_role="anon",
        pre_request="a.check",
        max_rows=100,
        tx_end=TxEnd.ROLLBACK_ALLOW_OVERRIDE,
        aggregates=True,
        plan=True,
        jwt_secret="from a file",
        jwt_audience="us",
        openapi_mode=OpenApiMode.DISABLED,
        app_settings=(("jwt_exp", "60"),),
        bounds=Bounds(answer_bytes=1000),
        allowed_origins=frozenset({"https://a.example", "https://b.example"}),
    )


def test_the_page_names_every_bound():
    page = PAGE.read_text()
    assert [name for name in Bounds.__struct_fields__ if f"_{name.upper()}`" not in page] == []


def test_the_page_lists_every_setting_and_no_other():
    read = set(re.findall(r'values\.\w+\(\s*"(\w+)"', inspect.getsource(rest_settings)))
    listed = set(re.findall(r"^\| .*", PAGE.read_text(), re.MULTILINE))
    names = {name for line in listed for name in re.findall(r"`PGRST_(\w+)", line.split("|")[1])}
    assert names == read | {"APP_SETTINGS_"}
