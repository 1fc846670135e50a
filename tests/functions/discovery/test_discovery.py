"""What an agent reads first: public, cacheable, current, and true to the host it stands on."""

import json

import httpx
import openapi_spec_validator
import pytest

from functions.discovery.document_response import FOLDER, SETTINGS, document_response
from functions.discovery.table import DOCUMENTS, WELCOME_PAGE
from infra.documents.__main__ import documents
from infra.documents.parts import TAGS
from shared.edge.response import finish

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_200_returns_every_document_without_a_token_and_with_its_host(path, http, base_url):
    answer = await http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == DOCUMENTS[path].media_type
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert not [host for host in SETTINGS if host in answer.text]
    assert base_url in answer.text


async def test_200_with_a_dead_token_all_the_same(http):
    answer = await http.get("/llms.txt", headers={"Authorization": "Bearer dead"})
    assert answer.status_code == 200


async def test_200_with_html_for_browsers_at_the_root(http):
    page = await http.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"] == WELCOME_PAGE.media_type
    assert "/.well-known/mcp.json" in page.text
    program = await http.get("/")
    assert program.json()["start"]["agents"].endswith("/.well-known/mcp.json")


@pytest.mark.parametrize("path", ["", "/", "//"])
async def test_200_at_the_root_with_any_number_of_slashes(path, base_url):
    async with httpx.AsyncClient() as plain:
        assert (await plain.get(base_url + path)).status_code == 200


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}'])
async def test_304_for_an_unchanged_object(form, http):
    first = await http.get("/openapi.json")
    again = await http.get("/openapi.json", headers={"If-None-Match": form.format(first.headers["etag"])})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_200_without_a_body_for_head(http):
    answer = await http.head("/llms.txt")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_405_for_other_methods(method, http):
    answer = await http.request(method, "/openapi.json")
    assert (answer.status_code, answer.json()["error"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/auth/v1",
        "/.well-known/agent-card.json",
        "/.well-known/oauth-protected-resource/functions/v1/agent-usage",
        "/.well-known",
        "/register",
        "/api/v1",
        "/functions/v1/no-such-function",
        "/functions/v1/agent_auth",
        "/documents/../main.py",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_404_that_asks_for_no_token_for_what_is_not_there(path, method, http):
    answer = await http.request(method, path)
    assert answer.status_code == 404, answer.text
    assert {"error", "message", "request_id"} <= answer.json().keys()
    assert answer.json()["error"] == "not_found"
    assert "www-authenticate" not in answer.headers


async def test_a_trailing_slash_is_no_other_path(http):
    assert (await http.get("/openapi.json/")).status_code == 200


def test_the_checked_in_documents_are_current():
    old = [path.name for path, text in documents() if path.read_text(encoding="utf-8") != text]
    assert old == [], "make docs writes them"
    written = {path.name for path, _ in documents()}
    assert {each.name for each in FOLDER.iterdir()} <= written
    assert {each.file for each in (*DOCUMENTS.values(), WELCOME_PAGE)} <= written


def test_the_openapi_description_is_valid_and_has_the_contracts_tags():
    described = json.loads((FOLDER / "openapi.json").read_text())
    openapi_spec_validator.validate(described)
    assert described["openapi"].startswith("3.1")
    assert {each["name"]: each["description"] for each in described["tags"]} == TAGS
    used = {tag for path in described["paths"].values() for each in path.values() for tag in each["tags"]}
    assert used <= set(TAGS)


async def test_the_resource_metadata_leads_to_the_token_endpoint(http, base_url):
    for path, resource in {"": base_url, "/functions/v1/mcp-server": f"{base_url}/functions/v1/mcp-server"}.items():
        metadata = (await http.get(f"/.well-known/oauth-protected-resource{path}")).json()
        assert metadata["resource"] == resource
        assert metadata["authorization_servers"] == [f"{base_url}/auth/v1"]
        assert metadata["scopes_supported"] == ["read", "write", "admin"]
    server = (await http.get("/.well-known/oauth-authorization-server/auth/v1")).json()
    assert server["issuer"] == f"{base_url}/auth/v1"
    assert server["token_endpoint"] == f"{base_url}/functions/v1/agent-auth"
    assert server["grant_types_supported"] == ["client_credentials"]
    assert (await http.get(server["jwks_uri"])).json()["keys"]


@pytest.mark.parametrize("path", ["", "/auth/v1", "/functions/v1/mcp-server"])
async def test_server_metadata_names_the_issuer_it_was_asked_for_as(path, http, base_url):
    answer = await http.get(f"/.well-known/oauth-authorization-server{path}")
    assert answer.json()["issuer"] == base_url + path


async def test_the_server_card_is_part_of_mcp_json(http):
    card = (await http.get("/.well-known/mcp/server-card.json")).json()
    longer = (await http.get("/.well-known/mcp.json")).json()
    assert {name: longer[name] for name in card} == card
    assert len(card["description"]) <= 100
    assert card["remotes"][0]["type"] == "streamable-http"


async def test_an_answer_varies_by_what_the_function_and_what_the_edge_look_at(monkeypatch, base_url):
    monkeypatch.setattr("shared.edge.response._cors", lambda _: [(b"vary", b"Origin")])
    answer = finish(document_response(WELCOME_PAGE, known=""), origin=None, headers=[])
    assert answer.headers.getlist("vary") == ["Accept", "Origin"]
