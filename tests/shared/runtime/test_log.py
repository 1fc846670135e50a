"""Log lines: one JSON object each, its fields, what is never written, and which levels are."""

import json
import logging
import os
import sys
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


def test_a_failure_is_logged_with_its_origin(lines):
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


@pytest.fixture
def pipe():
    """Yield its end to write to, and the other, which nobody reads yet."""
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    with os.fdopen(writes, "w") as stream, os.fdopen(reads, "rb", buffering=0) as unread:
        yield stream, unread


def everything(unread):
    read = b""
    while piece := unread.read(1_000_000):
        read += piece
    return read


def test_a_full_pipe_blocks_nobody_and_dropped_lines_are_counted(pipe, monkeypatch):
    stream, unread = pipe
    monkeypatch.setattr(sys, "stdout", stream)
    log, written = Log(logging.INFO), 20_000
    for number in range(written):
        log.info("request", number=number, padding="x" * 100)
    told = everything(unread)
    while b"log_lines_dropped" not in told and written < 21_000:  # Each line takes some of those before it along.
        log.info("request", number=written)
        written += 1
        told += everything(unread)
    lines = [json.loads(line) for line in told.splitlines()]
    numbers = [line["number"] for line in lines if line["event"] == "request"]
    [dropped] = [line for line in lines if line["event"] == "log_lines_dropped"]
    assert dropped["level"] == "error"
    assert dropped["lines"] > 0
    assert numbers == sorted(set(numbers))
    assert len(numbers) + dropped["lines"] == written


def test_a_line_longer_than_a_pipe_takes_at_once_arrives_whole(pipe, monkeypatch):
    stream, unread = pipe
    monkeypatch.setattr(sys, "stdout", stream)
    log, long = Log(logging.INFO), "م" * 100_000
    log.info("request", text=long)
    told = b""
    for _ in range(10):
        told += everything(unread)
        log.finish()
    assert json.loads(told)["text"] == long


def test_a_full_disk_fails_no_request_and_lost_lines_are_reported(capsys, monkeypatch):
    log = Log(logging.INFO)
    with open("/dev/full", "w") as full, monkeypatch.context() as patched:  # noqa: PTH123
        patched.setattr(sys, "stdout", full)
        for number in range(3):
            log.info("request", number=number)
    log.info("request", number=3)
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == [0, 1, 2, 3]


@pytest.mark.parametrize("stream", [None, "closed"])
def test_without_an_output_there_is_no_log_and_no_fault(monkeypatch, tmp_path, stream):
    if stream:
        stream = (tmp_path / "log").open("w")
        stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    Log(logging.INFO).info("request")


@pytest.mark.parametrize("value", ["half a character: \ud800", 2**70, float("nan"), {1: {2}}, [object()]])
def test_any_value_makes_one_log_line(lines, value):
    Log(logging.INFO).info("request", value=value)
    (line,) = lines()
    assert line["event"] == "request"
