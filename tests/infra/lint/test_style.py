"""The figures of style: how they are counted, and those of Python that the repository keeps."""

from pathlib import PurePosixPath

import pytest

from infra.lint import style
from infra.lint.source import Source, sources


@pytest.mark.parametrize(
    ("docstring", "begins"),
    [
        ("Return the order's lines.", True),
        ("`send` the mail", True),
        ("The order's lines.", False),
        ("Sends it.", False),
    ],
)
def test_a_docstring_begins_with_an_imperative(docstring, begins):
    assert style.begins_with_a_verb(docstring) is begins


def test_every_circle_of_imports_is_counted():
    assert style.cycles({"a": {"b"}, "b": {"c"}, "c": set()}) == 0
    assert style.cycles({"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c"}}) == 2


def test_code_lines_of_functions_and_routines_are_ranked():
    long = "def long():\n" + "    x()\n" * 60
    short = 'def short():\n    """Return it."""\n\n    # why\n    return 1\n'
    routine = "-- what for\ncreate function f()\n\nas $$ select 1 $$;\n"
    tree = [
        Source(PurePosixPath("shared/kernel/x.py"), short * 3 + long),
        Source(PurePosixPath("infra/schema/routines/orders/f.sql"), routine),
        Source(PurePosixPath("tests/test_x.py"), "x = 1\n"),
    ]
    figures = {figure.name: figure.value for figure in style.figures(tree)}
    assert figures["lines of a Python function, median / p90"] == "2 / 61"
    assert figures["Python functions over 50 lines"] == "1"
    assert figures["lines of an SQL routine, median / p90"] == "2 / 2"
    assert figures["docstrings of functions that begin with a verb"] == "100%"


@pytest.mark.parametrize(
    ("values", "goals", "grows", "met"),
    [
        ((6, 16), (6, 16), False, True),
        ((5, 17), (6, 16), False, False),
        ((0.85,), (0.85,), True, True),
        ((0.844,), (0.85,), True, False),
    ],
)
def test_a_figure_is_met_when_no_value_is_worse_than_its_goal(values, goals, grows, met):
    assert style.Figure("lines", values, goals, "{}", grows=grows).is_met is met


@pytest.mark.parametrize(("value", "state"), [(1.304, "met: 1.3"), (1.349, "met: 1.3"), (1.284, "1.28")])
def test_a_figure_that_met_its_goal_is_rounded(value, state):
    assert style.Figure("tests", (value,), (1.3,), "{:.2f}", grows=True, met_form="{:.1f}").state == state


def test_a_figure_that_met_its_goal_stays_there():
    figures = style.figures(list(sources(style.ROOT)))
    open_ones = {figure.name for figure in figures if not figure.is_met}
    assert open_ones == style.OPEN, "mend the figure, or take it off OPEN when it meets its goal"
