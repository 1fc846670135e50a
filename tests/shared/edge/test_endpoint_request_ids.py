"""What a request is called: our id, and beside it what its client calls it."""

import importlib
import json
import logging

import pytest

from shared.runtime.log import Log


@pytest.mark.parametrize(("theirs", "logged"), [("my-request.0001", "my-request.0001"), ("with space", None)])
async def test_the_clients_name_stands_beside_ours_in_the_log(call, capsys, monkeypatch, theirs, logged):
    monkeypatch.setattr(importlib.import_module("shared.edge.endpoint"), "log", lambda: Log(logging.INFO))
    answer = await call("agent-auth", json={}, headers={"X-Request-Id": theirs})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"event":"request"' in line]
    told = [(line["request_id"], line.get("client_request_id")) for line in lines]
    assert told == [(answer.headers["X-Request-Id"], logged)]
