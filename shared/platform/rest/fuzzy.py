"""The known name closest to a misspelt one: first by shared runs of letters, then by edits."""

import math
from collections import Counter
from collections.abc import Iterable

_RUNS = (3, 2)
_LEAST = 0.33
_MOST_COMPARED = 50


def closest(known: Iterable[str], wanted: str) -> str | None:
    """Return the most similar known name, or None when none is similar. Ignores letter case."""
    names = sorted(set(known))
    exact = next((name for name in names if name.lower() == wanted.lower()), None)
    if exact is not None:
        return exact
    return next((found for size in _RUNS if (found := _nearest(names, wanted.lower(), size)) is not None), None)


def _nearest(names: list[str], wanted: str, size: int) -> str | None:
    runs = _runs(wanted, size)
    ranked = sorted(((_alike(_runs(name.lower(), size), runs), name) for name in names), reverse=True)
    sharing = [name for likeness, name in ranked if likeness > 0][:_MOST_COMPARED]
    best = max(((_closeness(name.lower(), wanted), name) for name in sharing), default=None)
    return best[1] if best is not None and best[0] >= _LEAST else None


def _runs(text: str, size: int) -> Counter[str]:
    """Count every run of `size` letters and digits, with a mark at the beginning and the end."""
    padded = "-" + "".join(letter for letter in text if letter.isalnum() or letter.isspace() or letter == ",") + "-"
    padded = padded.ljust(size, "-")
    return Counter(padded[start : start + size] for start in range(len(padded) - size + 1))


def _alike(one: Counter[str], other: Counter[str]) -> float:
    """Return the cosine of two counts."""
    shared = sum(count * other[run] for run, count in one.items())
    return shared / (_length(one) * _length(other)) if shared else 0.0


def _length(counts: Counter[str]) -> float:
    return math.sqrt(sum(count * count for count in counts.values()))


def _closeness(one: str, other: str) -> float:
    """Return 1 for equal texts, 0 where every letter has to change."""
    return 1 - _edits(one, other) / max(len(one), len(other), 1)


def _edits(one: str, other: str) -> int:
    """Count the letters to insert, drop or replace between the two."""
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        previous, row = row, [index]
        for column, wanted in enumerate(other, 1):
            row.append(min(row[-1] + 1, previous[column] + 1, previous[column - 1] + (letter != wanted)))
    return row[-1]
