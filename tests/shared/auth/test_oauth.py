"""A grant is read from whichever form the request has, and refused in the words of OAuth."""

import base64
import uuid
from typing import Any

import pytest

from shared.auth import agents, oauth
from shared.auth.agents import InvalidKey, Issued
from shared.auth.oauth import (
    Grant,
    InvalidClient,
    InvalidScope,
    InvalidTarget,
    UnsupportedGrantType,
    issue,
    read_grant,
)
from shared.kernel.errors import InvalidRequest

KEY = "nxs_ak_" + "aB3" * 16
NAME = KEY[:15]
FORM = {"api_key": None, "grant_type": "client_credentials", "client": (None, KEY), "authorization": None,
        "resource": None}  # fmt: skip


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def grant(base_url):
    def read(**fields):
        return read_grant(**FORM | fields)

    return read


@pytest.fixture
def exchanged(monkeypatch):
    """Return what the exchange of keys is asked, and answers."""
    requests = []
    answer: dict[str, Any] = {"scopes": ["read"], "refusal": None}

    async def exchange(raw, *, ip, request_id, requested):
        requests.append((raw, ip, request_id, requested))
        if answer["refusal"]:
            raise answer["refusal"]
        return Issued("token", uuid.uuid4(), 3600, answer["scopes"])

    monkeypatch.setattr(agents, "exchange", exchange)
    return requests, answer


def test_a_key_alone_is_no_oauth(grant):
    assert grant(grant_type=None, api_key=KEY, client=(None, None)) == Grant(KEY, is_oauth=False)


@pytest.mark.parametrize("key", [None, ""])
def test_422_points_to_the_key_that_is_missing(grant, key):
    with pytest.raises(InvalidRequest) as refused:
        grant(grant_type=None, api_key=key)
    assert refused.value.details["errors"][0]["pointer"] == "/api_key"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"client": (NAME, KEY)},
        {"client": ("", KEY)},
        {"client": (None, None), "authorization": basic(NAME, KEY)},
        {"client": (None, None), "authorization": basic("", KEY).replace("Basic", "bASIC")},
        {"client": (NAME, None), "authorization": basic(NAME, KEY.replace("a", "%61"))},
        {"client": (None, None), "api_key": KEY},
        {"client": (None, KEY), "api_key": "another", "authorization": basic(NAME, "another")},
        {"authorization": "Bearer x"},
        {"authorization": "Basic ?"},
        {"authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
    ],
)
def test_the_secret_comes_by_form_by_basic_or_as_the_key(grant, fields):
    assert grant(**fields) == Grant(KEY, is_oauth=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"client": (None, None)},
        {"client": (None, "")},
        {"client": (None, None), "authorization": basic(NAME, "")},
        {"client": (None, None), "authorization": "Basic ?"},
        {"client": (None, None), "authorization": f"Bearer {base64.b64encode(f'{NAME}:{KEY}'.encode()).decode()}"},
        {"client": ("another", KEY)},
        {"client": (None, KEY), "authorization": basic("another", KEY)},
    ],
)
def test_invalid_client_without_a_secret_and_under_another_name(grant, fields):
    with pytest.raises(InvalidClient) as refused:
        grant(**fields)
    assert refused.value.details["error_description"]


@pytest.mark.parametrize("kind", ["", "password", "CLIENT_CREDENTIALS"])
def test_another_grant_type_is_not_known(grant, kind):
    with pytest.raises(UnsupportedGrantType) as refused:
        grant(grant_type=kind)
    assert refused.value.details == {"error_description": UnsupportedGrantType.default_message}


@pytest.mark.parametrize("path", ["", "/", "/functions/v1/mcp-server", "/functions/v1/mcp-server/"])
def test_a_token_may_be_for_this_host_and_for_its_mcp_endpoint(grant, base_url, path):
    assert grant(resource=base_url + path).is_oauth


@pytest.mark.parametrize("path", ["/functions", "/functions/v1/mcp-servers", "x"])
def test_a_token_for_anything_else_is_refused(grant, base_url, path):
    with pytest.raises(InvalidTarget) as refused:
        grant(resource=base_url + path)
    assert refused.value.details == {"error_description": InvalidTarget.default_message}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        (None, None),
        ("", None),
        ("read", {"read"}),
        ("admin", {"read", "write", "admin"}),
        ("read  write", {"read", "write"}),
        ("openid", set()),
    ],
)
async def test_a_scope_holds_those_below_it_and_a_strange_one_nothing(exchanged, scope, asked):
    requests, _ = exchanged
    issued = await issue(Grant(KEY, is_oauth=True), scope=scope, ip="192.0.2.1", request_id="r-1")
    assert requests == [(KEY, "192.0.2.1", "r-1", asked)]
    assert issued.scopes == ["read"]


@pytest.mark.anyio
async def test_a_key_that_is_no_oauth_gets_all_that_it_holds(exchanged):
    requests, _ = exchanged
    await issue(Grant(KEY, is_oauth=False), scope="read", ip="192.0.2.1", request_id="r-1")
    assert requests[0][3] is None


@pytest.mark.anyio
@pytest.mark.parametrize(("is_oauth", "refusal"), [(True, InvalidClient), (False, InvalidKey)])
async def test_a_dead_key_is_refused_in_the_words_of_the_form(exchanged, is_oauth, refusal):
    exchanged[1]["refusal"] = InvalidKey("it is over")
    with pytest.raises(InvalidKey) as refused:
        await issue(Grant(KEY, is_oauth=is_oauth), scope=None, ip="192.0.2.1", request_id="r-1")
    assert (type(refused.value), refused.value.message) == (refusal, "it is over")
    assert refused.value.details.get("error_description") == ("it is over" if is_oauth else None)


@pytest.mark.anyio
async def test_invalid_scope_where_nothing_is_left(exchanged):
    exchanged[1]["scopes"] = []
    with pytest.raises(InvalidScope) as refused:
        await issue(Grant(KEY, is_oauth=True), scope="write", ip="192.0.2.1", request_id="r-1")
    assert refused.value.details == {"error_description": oauth.InvalidScope.default_message}
