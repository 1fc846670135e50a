"""The files that do not keep a lint yet: `exceptions.txt` lists them by lint, and may only shrink.

`python -m infra.lint --shrink` takes a file off the list once it keeps the lint.
"""

from collections.abc import Iterator
from pathlib import Path

from .source import Lint, Source

PAGE = Path(__file__).with_name("exceptions.txt")
Exceptions = frozenset[tuple[str, str]]
"""Pairs of a lint's name and a path."""


def key(lint: Lint, source: Source) -> tuple[str, str]:
    """Return the pair of a lint and a file; a file of tests is known by its name, so that it can move."""
    return lint.__name__, source.path.name if source.under("tests") else str(source.path)


def load(page: Path = PAGE) -> Exceptions:
    """Return the pairs that the list holds."""
    return frozenset(_pairs(page.read_text(encoding="utf-8")))


def save(exceptions: Exceptions, page: Path = PAGE) -> None:
    """Write the list in the order of lints and paths."""
    page.write_text("".join(f"{lint} {path}\n" for lint, path in sorted(exceptions)), encoding="utf-8")


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        lint, _, path = line.partition(" ")
        yield lint, path
