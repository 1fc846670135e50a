"""Figures: several rounds of two values, their medians, the ratio with its spread, and whether it reaches its goal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """The bound of the ratio, or of the value for a figure without a ratio."""

    kind: Literal["at least", "at most"]
    value: float

    def met_by(self, value: float) -> bool:
        return value >= self.value if self.kind == "at least" else value <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.kind == 'at least' else '≤'} {self.value:g}"


@dataclass(frozen=True)
class Figure:
    """`against` and `ratio` are None for a figure that stands alone; `spread` is the rounds' least and greatest."""

    name: str
    unit: str
    peer: str
    ours: float
    against: float | None
    ratio: float | None
    spread: tuple[float, float]
    goal: str | None
    met: bool | None


def compared(
    name: str, *, unit: str, peer: str, ours: Sequence[float], against: Sequence[float], goal: Goal | None
) -> Figure:
    """Compare round by round, so that a slow moment of the machine slows both sides of a ratio."""
    ratios = [mine / theirs for mine, theirs in zip(ours, against, strict=True)]
    ratio = median(ratios)
    return Figure(
        name=name,
        unit=unit,
        peer=peer,
        ours=round(median(ours), 3),
        against=round(median(against), 3),
        ratio=round(ratio, 3),
        spread=(round(min(ratios), 3), round(max(ratios), 3)),
        goal=str(goal) if goal else None,
        met=goal.met_by(ratio) if goal else None,
    )


def alone(name: str, *, unit: str, values: Sequence[float], goal: Goal | None) -> Figure:
    value = median(values)
    return Figure(
        name=name,
        unit=unit,
        peer="-",
        ours=round(value, 3),
        against=None,
        ratio=None,
        spread=(round(min(values), 3), round(max(values), 3)),
        goal=str(goal) if goal else None,
        met=goal.met_by(value) if goal else None,
    )


def interleaved(
    runs: Mapping[str, Callable[[], float]], *, rounds: int, after_each: Callable[[], None] = lambda: None
) -> dict[str, list[float]]:
    """Run A, B, A, B ... and return the values of each by name."""
    values: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            values[name].append(run())
            after_each()
    return values
