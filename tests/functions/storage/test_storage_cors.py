"""What browsers are told."""

import pytest

pytestmark = pytest.mark.anyio


async def test_a_preflight_returns_the_allowed_methods_and_headers(http):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
    told = await http.options("/storage/v1/object/a/b", headers=asked)
    assert told.status_code == 204
    allowed = told.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "apikey", "x-upsert", "cache-control", "x-metadata", "range"} <= set(allowed)
