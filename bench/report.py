"""Figures for people and programs: a table, a JSON file, a plot, and the table of docs/performance.md."""

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from bench.figures import Figure
from infra.local.settings import REPOSITORY

RESULTS = Path(__file__).with_name("results")
DOCUMENT = REPOSITORY / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
ROW, LEFT, WIDTH = 26, 470, 420
"""Pixels of the plot: a row's height, the start of the bars, and the longest bar."""


class Results(msgspec.Struct, frozen=True):
    """`about` holds date, machine and duration; `figures` has one entry for each figure."""

    about: dict[str, Any]
    figures: list[Figure]


def save(results: Results, *, stem: str) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{stem}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results.figures), indent=2) + b"\n")
    path.with_suffix(".about.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(results.about), indent=2) + b"\n"
    )
    path.with_suffix(".svg").write_text(plot(results.figures), encoding="utf-8")
    return path


def table(figures: Sequence[Figure]) -> Table:
    made = Table(title="Medians of the rounds; the spread is the least and greatest ratio", title_justify="left")
    for heading, justify in (
        ("figure", "left"), ("against", "left"), ("ours", "right"), ("theirs", "right"), ("ratio", "right"),
        ("spread", "right"), ("goal", "right"), ("", "center"),
    ):  # fmt: skip
        made.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for figure in figures:
        style = {True: "green", False: "red", None: None}[figure.met]
        made.add_row(*_cells(figure), _mark(figure), style=style)
    return made


def markdown(figures: Sequence[Figure]) -> str:
    rows = [
        "| figure | against | ours | theirs | ratio | spread | goal | met |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    rows += [f"| {' | '.join(_cells(figure))} | {_mark(figure)} |" for figure in figures]
    return "\n".join(rows)


def write_document(results: Results) -> None:
    """Write the table and its circumstances between their marks in docs/performance.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    circumstances = ", ".join(f"{name}: {value}" for name, value in results.about.items())
    made = f"{BEGIN}\n{circumstances}\n\n{markdown(results.figures)}\n{END}"
    DOCUMENT.write_text(before + made + rest.partition(END)[2], encoding="utf-8")


def plot(figures: Sequence[Figure]) -> str:
    """Draw each ratio as a multiple of its goal, so that every bar that reaches the line met its goal."""
    bars = [(figure, reach) for figure in figures if (reach := _reach(figure)) is not None]
    most = max((abs(math.log2(reach)) for _, reach in bars), default=1) or 1
    height = ROW * (len(bars) + 2)
    middle = LEFT + WIDTH / 2
    parts = [
        _opened(LEFT + WIDTH + 90, height),
        f'<text x="{middle}" y="16" text-anchor="middle">goal</text>',
        f'<line x1="{middle}" y1="20" x2="{middle}" y2="{height - ROW / 2}" stroke="#888"/>',
    ]
    for row, (figure, reach) in enumerate(bars, start=1):
        length = math.log2(reach) / most * WIDTH / 2
        top = ROW * row + 4
        colour = "#2a7f4f" if reach >= 1 else "#b23b3b"
        label = escape(f"{figure.name} / {figure.peer}" if figure.ratio is not None else figure.name)
        parts += [
            f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{label}</text>',
            _bar(min(middle, middle + length), top, abs(length), colour),
            f'<text x="{LEFT + WIDTH + 8}" y="{top + 13}">{_number(_judged(figure))} ({figure.goal})</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _opened(width: int, height: int) -> str:
    frame = f'xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
    return f'<svg {frame} font-family="sans-serif" font-size="12">'


def _bar(left: float, top: int, length: float, colour: str) -> str:
    box = f'x="{left:.1f}" y="{top}" width="{length:.1f}" height="{ROW - 8}"'
    return f'<rect {box} fill="{colour}"/>'


def _reach(figure: Figure) -> float | None:
    """Return by which factor the goal is reached: 1 is exact, more is better for both kinds of goal."""
    value = _judged(figure)
    if figure.goal is None or not value:
        return None
    goal = float(figure.goal.split()[1])
    if not goal:
        return None
    return value / goal if figure.goal.startswith("≥") else goal / value


def _judged(figure: Figure) -> float:
    return figure.ours if figure.ratio is None else figure.ratio


def _cells(figure: Figure) -> list[str]:
    against = "" if figure.against is None else _number(figure.against)
    ratio = "" if figure.ratio is None else _number(figure.ratio)
    spread = " - ".join(_number(ratio) for ratio in figure.spread)
    ours = f"{_number(figure.ours)} {figure.unit}"
    return [
        figure.name,
        figure.peer,
        ours,
        against,
        ratio,
        spread,
        figure.goal or "",
    ]


def _mark(figure: Figure) -> str:
    return {True: "yes", False: "no", None: ""}[figure.met]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
