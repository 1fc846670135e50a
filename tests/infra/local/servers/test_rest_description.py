"""GET /: the schema described, as far as the caller may reach it."""

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator

from tests.support.supports import supports

pytestmark = pytest.mark.anyio


@supports("Description", "`GET /`: Swagger 2.0 of the tables and functions that the caller's role may reach")
async def test_a_role_sees_what_it_may_reach(library, keeper):
    answer = await library.get("/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/openapi+json; charset=utf-8"
    assert set(answer.json()["paths"]) == {
        "/",
        "/authors",
        "/books",
        "/long_books",
        "/rpc/add",
        "/rpc/who",
    }
    assert set(answer.json()["definitions"]) == {"authors", "books", "long_books"}
    more = (await library.get("/", headers=keeper)).json()
    assert set(more["paths"]) - set(answer.json()["paths"]) == {"/loans", "/rpc/lend"}


@supports("Description", "`PGRST_OPENAPI_MODE`: privileges followed or not, or no description; security; proxy address")
async def test_the_settings_say_what_is_described(serving):
    async with serving(
        PGRST_OPENAPI_MODE="ignore-privileges",
        PGRST_OPENAPI_SECURITY_ACTIVE="true",
        PGRST_OPENAPI_SERVER_PROXY_URI="https://example.com/rest/v1",
    ) as client:
        told = (await client.get("/")).json()
    assert "/loans" in told["paths"]
    assert told["security"] == [{"JWT": []}]
    assert (told["host"], told["basePath"], told["schemes"]) == ("example.com:443", "/rest/v1", ["https"])
    async with serving(PGRST_OPENAPI_MODE="disabled") as client:
        refused = await client.get("/")
    assert (refused.status_code, refused.json()["code"]) == (404, "PGRST126")


async def test_a_schema_without_anything_is_described_too(library):
    answer = await library.get("/", headers={"Accept-Profile": "desk"})
    assert set(answer.json()["paths"]) == {"/"}
    assert answer.headers["Content-Profile"] == "desk"
    assert answer.json()["info"]["title"] == "PostgREST API"


async def test_a_head_has_no_body_and_other_formats_are_refused(library):
    head = await library.head("/")
    assert (head.status_code, head.content) == (200, b"")
    refused = await library.get("/", headers={"Accept": "text/csv"})
    assert (refused.status_code, refused.json()["code"]) == (406, "PGRST107")


@pytest.fixture
async def described(library, keeper):
    return (await library.get("/", headers=keeper)).json()


async def test_the_document_is_valid_swagger(described):
    OpenAPIV2SpecValidator(described).validate()


async def test_comments_become_titles_and_descriptions(described):
    assert described["swagger"] == "2.0"
    assert described["info"]["title"] == "The library"
    assert described["info"]["description"] == "Books and who wrote them."
    read = described["paths"]["/authors"]["get"]
    assert (read["summary"], read["description"], read["tags"]) == (
        "Who wrote",
        "One row for each person.",
        ["authors"],
    )
    added = described["paths"]["/rpc/add"]["get"]
    assert (added["summary"], added["description"], added["tags"]) == ("Add", "Two numbers.", ["(rpc) add"])


async def test_a_table_is_described_by_its_columns(described):
    books = described["definitions"]["books"]
    assert books["required"] == ["id", "title", "author_id"]
    assert books["properties"] == {
        "id": {"type": "integer", "format": "integer", "description": "Note:\nThis is a Primary Key.<pk/>"},
        "title": {
            "type": "string",
            "format": "character varying",
            "maxLength": 80,
            "description": "As on the cover.",
        },
        "author_id": {
            "type": "integer",
            "format": "integer",
            "description": "Note:\nThis is a Foreign Key to `authors.id`.<fk table='authors' column='id'/>",
        },
        "pages": {"type": "integer", "format": "integer", "default": 100},
        "facts": {"format": "jsonb"},
        "tags": {"type": "array", "format": "text[]", "items": {"type": "string"}},
        "kind": {"type": "string", "format": "text", "default": "novel"},
    }


async def test_operations_refer_to_shared_parameters(described):
    path = described["paths"]["/long_books"]
    assert set(path) == {"get", "post", "patch", "delete"}
    named = [each["$ref"] for each in path["get"]["parameters"]]
    assert named[:2] == ["#/parameters/rowFilter.long_books.id", "#/parameters/rowFilter.long_books.title"]
    for operation in path.values():
        for each in operation["parameters"]:
            assert each["$ref"].removeprefix("#/parameters/") in described["parameters"]
    assert path["get"]["responses"]["200"]["schema"]["items"] == {"$ref": "#/definitions/long_books"}


async def test_a_function_takes_its_arguments_in_the_query_or_the_body(described):
    added = described["paths"]["/rpc/add"]
    assert added["get"]["parameters"] == [
        {"in": "query", "name": "a", "required": True, "format": "integer", "type": "integer"},
        {"in": "query", "name": "b", "required": False, "format": "integer", "type": "integer"},
    ]
    assert added["post"]["parameters"][0]["schema"]["required"] == ["a"]
    assert set(described["paths"]["/rpc/lend"]) == {"post"}
