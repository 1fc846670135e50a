"""What the harness makes of its measurements; no time is asserted anywhere."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.client import counted, percentile
from bench.figures import Goal, alone, compared, interleaved
from bench.load import parse
from bench.records import COUNTER, read, write


def test_a_ratio_is_taken_round_by_round_and_its_median_judged():
    figure = compared(
        "get", unit="requests/s", peer="peer", ours=[300, 100, 900], against=[100, 50, 300], goal=Goal("at least", 3)
    )
    assert [figure.ours, figure.against, figure.ratio] == [300.0, 100.0, 3.0]
    assert list(figure.spread) == [2.0, 3.0]
    assert (figure.goal, figure.met) == ("≥ 3", True)


@pytest.mark.parametrize(("value", "met"), [(1.2, True), (1.21, False)])
def test_at_most_is_met_up_to_the_goal(value, met):
    assert alone("memory", unit="MB", values=[value], goal=Goal("at most", 1.2)).met is met


def test_without_a_goal_nothing_is_judged():
    assert compared("get", unit="requests/s", peer="peer", ours=[1], against=[2], goal=None).met is None


def test_rounds_alternate():
    order = itertools.count()
    assert interleaved({"a": lambda: next(order), "b": lambda: next(order)}, rounds=2) == {"a": [0, 2], "b": [1, 3]}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), st.floats(0.1, 100))
def test_so_many_percent_do_not_exceed_the_percentile(values, wanted):
    found = percentile(values, wanted)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= len(values) * wanted * (1 - 1e-9)


def test_the_output_of_the_wrk_script_is_read():
    measured = parse("Running 1s test\nRESULT 2000 2000000 20 1500.0 9000.5\n")
    assert (measured.requests, measured.errors, measured.per_second) == (2000, 20, 990)
    assert (measured.p50_ms, measured.p99_ms) == (1.5, 9.0005)


def test_a_run_without_a_result_is_reported_with_the_output_of_wrk():
    with pytest.raises(RuntimeError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1")


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_requests_come_back_from_their_file_as_they_were(tmp_path_factory, requests):
    path = tmp_path_factory.mktemp("requests") / "file"
    write(path, requests)
    assert read(path) == requests


def test_every_request_gets_a_number_of_its_own():
    sent = counted([f"a{COUNTER}b".encode(), b"c"], 7)
    assert [next(sent) for _ in range(3)] == [b"a000000000007b", b"c", b"a000000000009b"]
