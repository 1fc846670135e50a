"""How figures are told: to people, to programs, in the plot and in the document."""

import json
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from bench import report
from bench.figures import Goal, alone, compared
from bench.report import Results

FIGURES = [
    compared(
        "get <contact>",
        unit="requests/s",
        peer="peer 1",
        ours=[1500, 1600],
        against=[500, 500],
        goal=Goal("at least", 3),
    ),
    alone("memory", unit="MB", values=[95.0], goal=Goal("at most", 90)),
    compared("insert", unit="requests/s", peer="loop", ours=[1.0], against=[2.0], goal=None),
]


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    return Results({"machine": "2 cores"}, FIGURES)


def test_the_file_has_one_entry_a_figure(results):
    entries = json.loads(report.save(results, stem="latest").read_bytes())
    assert [entry["name"] for entry in entries] == ["get <contact>", "memory", "insert"]
    assert {"name", "ours", "against", "ratio", "spread", "goal", "met"} <= entries[0].keys()
    assert [entry["met"] for entry in entries] == [True, False, None]


def test_the_plot_beside_it_has_a_bar_for_each_goal(results):
    plotted = report.save(results, stem="latest").with_suffix(".svg")
    svg = ET.fromstring(plotted.read_text())  # noqa: S314  we wrote it
    assert len(svg.findall("{http://www.w3.org/2000/svg}rect")) == 2


def test_the_table_lists_every_figure():
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as told:
        console.print(report.table(FIGURES))
    assert all(text in told.get() for text in ("get <contact>", "peer 1", "3.1", "≥ 3", "no"))


def test_the_document_keeps_its_text_and_changes_its_table(results, tmp_path, monkeypatch):
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "DOCUMENT", document)
    for _ in range(2):
        report.write_document(results)
    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert text.count("| memory | - | 95 MB |") == 1
