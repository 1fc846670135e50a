"""The secret key is for servers: no surface takes it from a browser."""

import pytest

pytestmark = pytest.mark.anyio
BROWSERS = [
    {"Origin": "https://shop.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-origin"},
    {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
]
SURFACES = [
    ("GET", "/rest/v1/customers?limit=1"),
    ("GET", "/auth/v1/settings"),
    ("GET", "/auth/v1/admin/users"),
    ("GET", "/storage/v1/bucket"),
    ("POST", "/functions/v1/flush-usage"),
]


@pytest.mark.parametrize("browser", BROWSERS, ids="-".join)
@pytest.mark.parametrize(("method", "path"), SURFACES)
@pytest.mark.parametrize("key", ["secret_key", "service_role_key"])
async def test_401_from_a_browser_and_200_from_a_server(*, http, services, method, path, key, browser):
    secret = getattr(services.secrets, key)
    ways = [{"Authorization": f"Bearer {secret}", "apikey": secret}]
    if not path.startswith("/functions"):
        ways += [
            {"apikey": secret},
            {
                "apikey": services.secrets.publishable_key,
                "Authorization": f"Bearer {services.secrets.service_role_key}",
            },
        ]
    for way in ways:
        if "settings" in path and way["apikey"] == services.secrets.publishable_key:
            continue  # Nobody is asked there who they are.
        refused = await http.request(method, path, headers={**way, **browser})
        assert refused.status_code == (400 if path.startswith("/storage") else 401), refused.text
        assert "secret_key_in_browser" in refused.text or path.startswith("/storage")
        assert (await http.request(method, path, headers=way)).status_code in (200, 206)


async def test_200_what_browsers_are_meant_to_use(http, services, org):
    key = {"apikey": services.secrets.publishable_key}
    for browser in BROWSERS:
        assert (await http.get("/auth/v1/settings", headers={**key, **browser})).status_code == 200
        person = {**key, **org.owner.headers, **browser}
        assert (await http.get("/rest/v1/customers?limit=1", headers=person)).is_success
