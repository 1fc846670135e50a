"""Log lines: one JSON object each, its fields, what is never written, and which levels are."""

import json
import logging
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import SecretStr

from shared.runtime.log import Log


@pytest.fixture
def lines(capsys):
    def read():
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return read


def test_a_line_has_its_own_fields_then_event_level_and_time(lines):
    who = uuid4()
    before = datetime.now(UTC)
    Log(logging.INFO).info("request", function="mcp-server", status=200, duration_ms=1.25, key_id=who, caller=None)
    (line,) = lines()
    assert before <= datetime.fromisoformat(line.pop("timestamp")) <= datetime.now(UTC)
    assert list(line.items()) == [
        ("function", "mcp-server"),
        ("status", 200),
        ("duration_ms", 1.25),
        ("key_id", str(who)),
        ("caller", None),
        ("event", "request"),
        ("level", "info"),
    ]


def test_a_secret_is_never_written(lines):
    Log(logging.INFO).warning("store_away", url=SecretStr("valkey://:hush@h"), of=[SecretStr("hush")])
    (line,) = lines()
    assert "hush" not in str(line)


def test_text_with_line_ends_and_arabic_stays_one_line(lines):
    Log(logging.INFO).info("request", name='منى\n{"event": "forged"}')
    (line,) = lines()
    assert (line["event"], line["name"]) == ("request", 'منى\n{"event": "forged"}')


def test_a_fault_is_told_with_where_it_came_from(lines):
    try:
        [].pop()
    except IndexError as fault:
        Log(logging.INFO).error("request", exc_info=fault)
    (line,) = lines()
    assert line["exception"].endswith("IndexError: pop from empty list")
    assert __name__.rpartition(".")[2] in line["exception"]
    assert "exc_info" not in line


def test_levels_below_the_chosen_one_are_left_out(lines):
    log = Log(logging.WARNING)
    log.info("left out")
    log.warning("a warning")
    log.error("an error")
    assert [line["level"] for line in lines()] == ["warning", "error"]
