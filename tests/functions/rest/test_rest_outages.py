"""What callers hear while the database is away: 503 with Retry-After, in words that name no host, port or user."""

import json

import httpx
import pytest
from msgspec.structs import replace
from psycopg import conninfo
from pydantic import SecretStr

from functions.rest import host, outages
from functions.rest.advice import timed
from infra.local import gateway
from shared.platform.rest.errors import (
    DatabaseFault,
    RestRefusal,
    client_fault,
    no_schema_cache,
    of_database,
    unreachable,
)
from shared.platform.rest.host import Response
from shared.platform.rest.response import refused
from shared.runtime.postgres import leases
from shared.runtime.settings import settings
from tests.support.proxy import proxied

pytestmark = pytest.mark.anyio
ASKED = [
    ("GET", "customers?select=id", None),
    ("GET", "customers?select=id,orders(id)", None),
    ("HEAD", "customers?select=id", None),
    ("GET", "", None),
    ("POST", "customers", {"first_name": "Away"}),
    ("PATCH", "customers?id=eq.00000000-0000-0000-0000-000000000000", {"first_name": "Away"}),
    ("DELETE", "labels?id=eq.00000000-0000-0000-0000-000000000000", None),
]


@pytest.fixture
async def postgres(base_url, services, monkeypatch):
    parts = conninfo.conninfo_to_dict(services.database_url)
    async with proxied(str(parts["host"]), int(parts["port"] or 0)) as proxy:
        url = conninfo.make_conninfo(services.database_url, port=proxy.listens_on)
        chosen = replace(settings(), database_url=SecretStr(url), database_pool_size=2, database_timeout_s=1.0)
        monkeypatch.setattr(leases, "settings", lambda: chosen)
        monkeypatch.setattr(host, "settings", lambda: chosen)
        yield proxy
        await leases.close()


@pytest.fixture
def ask(postgres, keys, org):
    async def send(method, path, body=None, **headers):
        sent = {"apikey": keys["publishable"], **org.owner.headers, **headers}
        transport = httpx.ASGITransport(gateway.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://nexus") as client:
            return await client.request(method, f"/rest/v1/{path}", headers=sent, json=body)

    return send


@pytest.fixture
def is_plain(postgres, services):
    """Fails for an answer that is no such 503."""
    parts = conninfo.conninfo_to_dict(services.database_url)
    words = ["server closed", "connection", "psycopg", "libpq", "127.0.0.1", "socket", "timeout expired"]
    private = [*words, str(postgres.listens_on), str(parts["port"]), f'"{parts["user"]}"', str(parts["dbname"])]

    def check(method, answer):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) in range(1, 11)
        if method == "HEAD":
            return
        told = answer.json()
        details = json.loads(told["details"])
        assert set(told) == {"code", "details", "hint", "message"}
        assert details["retry_after"] == int(answer.headers["retry-after"])
        assert (details["error"], "again" in told["message"]) == ("unavailable", True)
        words = json.dumps({**told, "details": {**details, "request_id": ""}})
        assert [each for each in private if each in words] == []

    return check


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("bytes_before", [0, 1, 40])
async def test_an_answer_that_is_cut(ask, postgres, is_plain, asked, bytes_before):
    assert (await ask("GET", "customers?select=id")).status_code == 200
    postgres.cut_after, postgres.is_down = bytes_before, True
    is_plain(asked[0], await ask(*asked))


@pytest.mark.parametrize("asked", ASKED)
async def test_a_database_that_refuses(ask, postgres, is_plain, asked):
    assert (await ask("GET", "customers?select=id")).status_code == 200
    with postgres.down():
        answers = [await ask(*asked) for _ in range(3)]
    for each in answers:
        is_plain(asked[0], each)


@pytest.mark.parametrize("asked", ASKED)
async def test_a_database_that_falls_silent(ask, postgres, is_plain, asked):
    assert (await ask("GET", "customers?select=id")).status_code == 200
    with postgres.silent():
        answers = [await ask(*asked) for _ in range(2)]
    for each in answers:
        is_plain(asked[0], each)


FAULTS = {
    "08006": "unavailable",
    "40001": "busy",
    "40P01": "busy",
    "53100": "unavailable",
    "53300": "unavailable",
    "55P03": "busy",
    "57014": "statement_timeout",
    "57P01": "unavailable",
    "57P02": "unavailable",
    "57P03": "unavailable",
    "57P05": "unavailable",
}


@pytest.mark.parametrize("state", FAULTS)
def test_503_for_what_passes_in_words_of_ours(state, error_of):
    fault = DatabaseFault(state, "server at 10.0.0.9 said no", "user nexus", "pg_hba.conf")
    answer = outages.worded(refused(of_database(fault, anonymous=False, statuses=dict(host.STATUSES))), "r1")
    told = httpx.Response(answer.status, headers=answer.headers, content=answer.body)
    assert (told.status_code, told.json()["code"], error_of(told)) == (503, state, FAULTS[state])
    assert json.loads(told.json()["details"]) == {"error": FAULTS[state], "retry_after": 2, "request_id": "r1"}
    assert told.headers.get_list("retry-after") == ["2"]
    assert not any(each in told.text for each in ("10.0.0.9", "user nexus", "pg_hba"))


@pytest.mark.parametrize("refusal", [unreachable(), client_fault(), no_schema_cache()])
def test_503_of_the_interface_in_words_of_ours(refusal, error_of):
    answer = outages.worded(refused(refusal), "r1")
    told = httpx.Response(answer.status, headers=answer.headers, content=answer.body)
    assert (told.json()["code"], error_of(told), told.headers["retry-after"]) == (refusal.code, "unavailable", "2")


def test_a_503_of_our_own_rules_keeps_its_words_and_its_time():
    refusal = RestRefusal(503, "PT503", "wait", '{"error":"busy","retry_after":7}')
    answer = outages.worded(timed(refused(refusal)), "r1")
    assert [value for name, value in answer.headers if name == "Retry-After"] == ["7"]
    assert b"wait" in answer.body


@pytest.mark.parametrize("body", [b"", b"[]", b"later", b'{"code":"CLOSED","message":"come back"}'])
def test_a_503_that_a_function_of_the_database_answers_is_left_to_it(body):
    assert outages.worded(Response(503, (), body), "r1") == Response(503, (("Retry-After", "2"),), body)


@pytest.mark.parametrize("state", ["XX000", "XX001", "58P01", "58030", "F0000", "53400"])
def test_500_of_the_server_itself_in_words_of_ours(state, error_of):
    fault = DatabaseFault(state, 'could not open file "base/5/1259"', "at 10.0.0.9", "ask the owner of nexus")
    answer = outages.worded(refused(of_database(fault, anonymous=False, statuses=dict(host.STATUSES))), "r1")
    told = httpx.Response(answer.status, headers=answer.headers, content=answer.body)
    assert (told.status_code, told.json()["code"], error_of(told)) == (500, state, "internal_error")
    assert json.loads(told.json()["details"]) == {"error": "internal_error", "request_id": "r1"}
    assert not any(each in told.text for each in ("base/5", "10.0.0.9", "owner"))


def test_a_500_that_a_function_raises_keeps_its_words():
    fault = DatabaseFault("P0003", "more rows than one", None, None)
    answer = refused(of_database(fault, anonymous=False, statuses=dict(host.STATUSES)))
    assert outages.worded(answer, "r1") == answer
