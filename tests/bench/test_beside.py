"""What the comparison of two trees makes of their figures."""

import pytest
from typer.testing import CliRunner

from bench.beside import app, compared
from bench.figures import alone


def a_round(**values):
    units = {"get": "requests/s", "auth": "keys/s", "start": "s", "memory": "MB"}
    return [alone(name, unit=units[name], values=[value], goal=None) for name, value in values.items()]


def test_more_requests_and_less_time_are_both_above_one():
    before = [a_round(get=100, auth=10, start=0.3, memory=80), a_round(get=50, auth=10, start=0.2, memory=80)]
    now = [a_round(get=110, auth=9, start=0.25, memory=100), a_round(get=60, auth=11, start=0.25, memory=64)]
    assert compared(before, now) == {
        "get": [pytest.approx(1.1), pytest.approx(1.2)],
        "auth": [pytest.approx(0.9), pytest.approx(1.1)],
        "start": [pytest.approx(1.2), pytest.approx(0.8)],
        "memory": [pytest.approx(0.8), pytest.approx(1.25)],
    }


def test_a_figure_of_one_tree_only_is_left_out():
    assert compared([a_round(get=100)], [a_round(get=100, memory=80)]) == {"get": [1.0]}


def test_an_unknown_revision_ends_with_git_s_reason():
    result = CliRunner().invoke(app, ["no-such-revision", "get"])
    assert result.exit_code == 1
    assert "no-such-revision" in result.stderr
