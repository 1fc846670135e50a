"""Whatever goes wrong after the handler ends in the one error body."""

import importlib
import json

import pytest
from starlette.requests import Request
from starlette.responses import Response

from shared.edge import ANYONE, surface
from shared.kernel.errors import Conflict, Refusal, Unavailable
from shared.runtime.store import client

pytestmark = pytest.mark.anyio
edge = importlib.import_module("shared.edge.endpoint")


@pytest.fixture
def asked(base_url, address):
    """Return the answer of a handler under @surface, by its body."""

    async def ask(handler, **declared):
        function = surface(tag="Tests", access=ANYONE, **declared)(handler)
        scope = {
            "type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "client": (address, 1),
        }  # fmt: skip
        try:
            answer = await function(Request(scope))
        finally:
            await client.close()
        return answer, json.loads(answer.body)

    return ask


def is_the_error_body(answer, body):
    return (
        answer.status_code == 500
        and body["error"] == "internal_error"
        and body["request_id"] == answer.headers["x-request-id"]
    )


async def test_500_where_a_refusal_cannot_be_told(asked):
    def refuse(_request: Request, _refusal: Refusal, _request_id: str) -> Response:
        raise ValueError("no words")

    async def handler(_call):
        raise Conflict

    assert is_the_error_body(*await asked(handler, refuse=refuse))


async def test_500_where_a_refusals_fields_have_no_form_in_json(asked):
    async def handler(_call):
        raise Conflict(which="half a character: \ud800")

    assert is_the_error_body(*await asked(handler))


@pytest.mark.parametrize("broken", ["_log", "finish"])
async def test_500_where_finishing_fails(asked, monkeypatch, broken):
    whole, calls = getattr(edge, broken), []

    def fail_once(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 1:
            raise OSError(28, "No space left on device")
        return whole(*arguments, **options)

    monkeypatch.setattr(edge, broken, fail_once)

    async def handler(_call):
        return Response()

    assert is_the_error_body(*await asked(handler))


@pytest.mark.parametrize(("refusal", "level"), [(Conflict, "info"), (Unavailable, "error"), (edge.Refusal, "error")])
async def test_a_part_that_is_away_is_a_fault_in_the_log(asked, monkeypatch, refusal, level):
    told = []

    class Told:
        def write(self, level, _event, fields):
            told.append((level, fields["error"]))

    monkeypatch.setattr(edge, "log", Told)

    async def handler(_call):
        raise refusal

    await asked(handler)
    assert told == [(level, refusal.code)]
