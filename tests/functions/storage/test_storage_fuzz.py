"""Whatever a file or a bucket is called, and whatever is asked: a clear answer, and the bytes that were put up."""

import uuid
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.storage.routes import ROUTES

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = TEXT | st.lists(TEXT | st.sampled_from(["", ".", "..", "%2e%2e", "a\\b", "ملف"]), max_size=4).map("/".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)
FIELDS = ["prefix", "limit", "offset", "cursor", "sortBy", "paths", "expiresIn", "prefixes", "bucketId", "sourceKey",
          "destinationKey", "name", "public", "file_size_limit", "allowed_mime_types", "search"]  # fmt: skip
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5) | VALUES

QUERIES = st.dictionaries(st.sampled_from(["token", "download", "limit", "search"]), TEXT)


@pytest.fixture(scope="module")
def client(base_url, services):
    headers = {"apikey": services.secrets.secret_key, "X-Forwarded-For": uuid.uuid4().hex}
    with httpx.Client(base_url=f"{base_url}/storage/v1", headers=headers, timeout=30) as connection:
        yield connection


@pytest.fixture(scope="module")
def fuzzed(client):
    name = uuid.uuid4().hex
    assert client.post("/bucket", json={"name": name}).status_code == 200
    return name


@QUICK
@given(NAMES, st.binary(max_size=40))
def test_a_name_is_taken_as_it_is_or_refused(client, fuzzed, name, content):
    place = f"/object/{fuzzed}/{quote(name, safe='')}"
    made = client.put(place, content=content, headers={"Content-Type": "text/html"})
    if made.status_code != 200:
        assert made.status_code in {400, 404}, made.text
        assert made.json()["code"] in {"InvalidKey", "NoSuchRoute"}
        return
    assert made.json()["Key"] == f"{fuzzed}/{name}"
    assert client.get(place).content == content
    shown = client.post(f"/object/list-v2/{fuzzed}", json={"prefix": name, "limit": 1}).json()
    assert shown["objects"][0]["name"] == name
    signed = client.post(f"/object/sign/{fuzzed}", json={"paths": [name], "expiresIn": 60}).json()[0]
    assert signed["error"] is None
    gone = client.request("DELETE", f"/object/{fuzzed}", json={"prefixes": [name]}).json()
    assert [each["name"] for each in gone] == [name]


@QUICK
@given(st.sampled_from(list(ROUTES)), NAMES, st.tuples(BODIES, QUERIES))
def test_no_request_ends_in_an_internal_error(client, fuzzed, route, name, asked):
    body, query = asked
    path = route.template.format(bucket=fuzzed, name=quote(name, safe=""))
    if path == f"/bucket/{fuzzed}" and route.method == "DELETE":
        return
    answer = client.request(route.method, path, json=body, params=query)
    assert answer.status_code in {200, 400, 404, 416}, f"{route.method} {path}: {answer.text}"
    if answer.status_code != 200:
        assert set(answer.json()) == {"statusCode", "error", "message", "code"}


@QUICK
@given(st.binary(max_size=200), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80))
def test_any_form_is_answered(client, fuzzed, body, boundary):
    for sent in (body, b"--" + boundary.encode() + b"\r\n" + body):
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        assert client.put(f"/object/{fuzzed}/form", content=sent, headers=headers).status_code in {200, 400}
