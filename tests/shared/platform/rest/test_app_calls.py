"""Functions: how arguments reach them, and what their results are read as."""

import json

import pytest
from msgspec.structs import replace

from tests.support.supports import supports

pytestmark = pytest.mark.anyio


@supports("Functions", "GET and POST; named, default and variadic arguments; forms; one whole body")
async def test_arguments(ask):
    async def told(method, target, body=None, **headers):
        answer = await ask(method, target, body, **headers)
        assert answer.status == 200, answer.body
        return answer.json

    assert await told("GET", "/rpc/add?a=1&b=2") == 3
    assert await told("GET", "/rpc/add?a=1") == 11
    assert await told("POST", "/rpc/add", {"a": 1, "b": 5}) == 6
    assert await told("POST", "/rpc/add", b"a=1&b=7", content_type="application/x-www-form-urlencoded") == 8
    assert await told("GET", "/rpc/sum_all?numbers=1&numbers=2&numbers=3") == 6
    assert await told("POST", "/rpc/sum_all", {"numbers": [1, 2]}) == 3
    assert await told("POST", "/rpc/echo", {"any": ["thing"]}) == {"any": ["thing"]}
    assert await told("POST", "/rpc/shout", b"h\xc3\xa9", content_type="text/plain") == "HÉ"
    assert await told("POST", "/rpc/weigh", b"\x00\x01\xff", content_type="application/octet-stream") == 3


@supports("Functions", "rows with select, filters, order, page, count and embeds; values; nothing")
async def test_results(ask):
    asked = "since=1957&select=id,full_title,directors!director_id(name)&year=lt.1966&order=id&limit=1"
    rows = await ask("GET", f"/rpc/films_since?{asked}", prefer="count=exact")
    assert (rows.status, rows.headers["content-range"]) == (206, "0-0/2")
    assert rows.json == [{"id": 1, "full_title": "Cairo Station (1958)", "directors": {"name": "Chahine"}}]
    assert (await ask("POST", "/rpc/films_since?select=id,actors(id)", {"since": 2000})).json == [
        {"id": 5, "actors": []}
    ]
    assert (await ask("GET", "/rpc/one_film?id=3&select=id,title")).json == {"id": 3, "title": "Persona"}
    assert (await ask("GET", "/rpc/spans?decade=gt.1970&select=decade")).json == [{"decade": 1980}, {"decade": 2000}]
    assert (await ask("GET", "/rpc/spans?select=films.sum()")).json == [{"sum": 5}]
    assert (await ask("GET", "/rpc/numbers?upto=3")).json == [1, 2, 3]
    void = await ask("POST", "/rpc/forget")
    assert (void.status, void.body) == (204, "")
    csv = await ask("GET", "/rpc/spans?order=decade&limit=1", accept="text/csv")
    assert csv.body == "decade,films\n1950,2"
    head = await ask("HEAD", "/rpc/films_since?since=1900")
    assert (head.status, head.body) == (200, "")


async def test_a_set_of_values_has_pages_too(ask, archive):
    page = await ask("GET", "/rpc/numbers?upto=9&limit=2&offset=3", prefer="count=exact")
    assert (page.status, page.headers["content-range"], page.json) == (206, "3-4/9", [4, 5])
    archive.settings = replace(archive.settings, max_rows=4)
    assert (await ask("POST", "/rpc/numbers", {"upto": 9})).json == [1, 2, 3, 4]
    assert (await ask("GET", "/rpc/numbers?upto=9&limit=8")).json == [1, 2, 3, 4]
    assert (await ask("GET", "/rpc/add?a=1&limit=0")).json == 11


@supports("Functions", "what promises to change nothing runs read only, and GET always does")
async def test_a_function_that_writes(ask, get):
    written = await ask("POST", "/rpc/jot?select=id,text", {"id": 50, "text": "x"})
    assert (written.status, written.json) == (200, {"id": 50, "text": "x"})
    refused = await ask("GET", "/rpc/jot?id=50&text=x")
    assert (refused.status, refused.code) == (405, "25006")
    strict = "handling=strict,max-affected=2,tx=commit"
    assert (await ask("POST", "/rpc/jot_many", {"upto": 3}, prefer=strict)).code == "PGRST124"
    assert await get("/jottings?id=gt.1000") == []
    assert (await ask("POST", "/rpc/jot", {"id": 1, "text": ""}, prefer=strict)).code == "PGRST128"
    assert len((await ask("POST", "/rpc/jot_many", {"upto": 2}, prefer="handling=strict,max-affected=2")).json) == 2


@supports("Transactions", "settings that SQL sees: claims, headers, cookies, method, path, `app.settings`, search path")
async def test_settings_of_the_transaction(ask, archive):
    async def told(name, method="GET"):
        target = "/rpc/told" + (f"?name={name}" if method == "GET" else "")
        body = None if method == "GET" else {"name": name}
        answer = await ask(method, target, body, x_color="blue", cookie="a=b; c=d")
        return answer.json

    archive.settings = archive.settings.__class__(schemas=("films",), app_settings=(("colour", "red"),))
    assert await told("request.method") == "GET"
    assert await told("request.path", "POST") == "/rpc/told"
    assert '"x-color":"blue"' in str(await told("request.headers"))
    assert await told("request.cookies") == '{"a":"b","c":"d"}'
    assert await told("request.jwt.claims") == archive.caller.claims
    assert await told("app.settings.colour") == "red"
    assert await told("search_path") == '"films", "public"'
    assert await told("transaction_read_only") == "on"
    assert await told("role") == "film_editor"


@supports("Transactions", "a function before each request (`DB_PRE_REQUEST`)")
async def test_the_function_before_each_request(ask, archive):
    archive.settings = archive.settings.__class__(schemas=("films",), pre_request="tools.gate")
    assert (await ask("GET", "/rpc/told?name=films.gate")).json == "passed"
    assert (await ask("POST", "/actors", {"id": 9, "name": "x"}, x_banned="1", prefer="tx=commit")).status == 403
    assert (await ask("GET", "/actors", x_banned="1")).json["message"] == "you are banned"


@supports("Transactions", "`response.status` and `response.headers` set by SQL")
async def test_status_and_headers_that_sql_sets(ask):
    pot = await ask("POST", "/rpc/teapot")
    assert (pot.status, pot.headers["x-pot"], pot.headers["content-type"]) == (418, "tea", "text/plain")
    assert (await ask("POST", "/rpc/bad_headers")).code == "PGRST111"
    assert (await ask("POST", "/rpc/bad_status")).code == "PGRST112"


@supports("Functions", "`ALTER FUNCTION … SET statement_timeout`")
async def test_a_function_may_say_how_long_it_takes_at_most(ask):
    assert (await ask("POST", "/rpc/doze")).code == "57014"
    assert (await ask("POST", "/rpc/told", {"name": "statement_timeout"})).json == "0"


@pytest.mark.parametrize(
    "headers", [{"X-A": "b\r\nSet-Cookie: c"}, {"X A": "b"}, {"X-A\r\nB": "c"}, {"": "b"}, {"X-é": "b"}, {"X": "\x7f"}]
)
async def test_a_malformed_header_never_leaves(ask, headers):
    said = {"status": "200", "headers": json.dumps([headers])}
    assert (await ask("POST", "/rpc/answer_with", said)).code == "PGRST111"


async def test_headers_set_by_sql_keep_an_answer_readable(ask):
    said = {"status": "304", "headers": '[{"Content-Length": "3"}, {"X-Name": "ü☃"}]'}
    unchanged = await ask("POST", "/rpc/answer_with", said)
    assert (unchanged.status, unchanged.body, unchanged.headers.get("content-length")) == (304, "", None)
    assert unchanged.headers["x-name"] == "ü☃"
    assert (await ask("POST", "/rpc/answer_with", {"status": "999", "headers": "[]"})).code == "PGRST112"
    raised = await ask("GET", "/rpc/refuse?state=PT304")
    assert (raised.status, raised.body) == (304, "")


@pytest.mark.parametrize(
    ("state", "status"), [("PT418", 418), ("P0001", 400), ("23503", 409), ("57014", 500), ("42501", 403)]
)
async def test_the_refusals_of_a_function(ask, state, status):
    refused = await ask("GET", f"/rpc/refuse?state={state}")
    assert refused.status == status
    assert refused.json == {"code": state, "message": "no", "details": "a detail", "hint": "a hint"}


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("GET", "/rpc/ad?a=1", 404, "PGRST202"),
        ("GET", "/rpc/add?a=1&c=1", 404, "PGRST202"),
        ("GET", "/rpc/add?a=x", 400, "22P02"),
        ("PATCH", "/rpc/add", 405, "PGRST101"),
        ("GET", "/rpc/films_since?since=1900&nothing=eq.1", 400, "42703"),
    ],
)
async def test_refused_calls(ask, method, target, status, code):
    refused = await ask(method, target)
    assert (refused.status, refused.code) == (status, code), refused.body


@supports("Reading", "OPTIONS with the verbs that a target takes")
async def test_options(ask):
    assert (await ask("OPTIONS", "/films")).headers["allow"] == "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    assert (await ask("OPTIONS", "/rpc/add")).headers["allow"] == "OPTIONS,GET,HEAD,POST"
    assert (await ask("OPTIONS", "/rpc/jot")).headers["allow"] == "OPTIONS,POST"
    assert (await ask("OPTIONS", "/film")).status == 404
