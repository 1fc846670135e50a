"""`python -m infra.mutants [ROOM ...]`: try the mutants of the rooms, and name those that no test notices.

A mutant is one small fault in one function: another operator, another text, an argument left out. What is tried and
what came of it stands in build/mutants/verdicts.jsonl.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .runs import OWN_TESTS, TESTS, Trial, Verdict, measure
from .tree import COPY, ROOMS, Mutant, choose, write_copy

NOTICED = frozenset({"killed", "timeout"})
TRIED = NOTICED | {"survived", "untested"}


def main() -> int:
    options = _options()
    deadline = time.monotonic() + options.limit_s
    COPY.mkdir(parents=True, exist_ok=True)
    mutants = write_copy(options.rooms or ROOMS)
    try:
        stats = measure(OWN_TESTS if options.own_tests else TESTS, options.workers, deadline=deadline)
    except TimeoutError:
        print("THERE WAS NO TIME to run the tests once: NO MUTANT WAS TRIED.")
        return 0
    chosen = _chosen(mutants, options)
    print(f"{len(chosen)} of {len(mutants)} mutants, {len(stats.durations)} tests", flush=True)
    notes = Notes(len(chosen))
    Trial(chosen, stats, notes.add, deadline=deadline).run(options.workers)
    return report(notes.verdicts, least=options.least)


class Notes:
    """The verdicts, each on a line of a file as it comes; every twentieth is progress on the screen."""

    def __init__(self, expected: int) -> None:
        self.verdicts: list[Verdict] = []
        self._expected = expected
        self._file = COPY / "verdicts.jsonl"
        self._file.write_text("")

    def add(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        with self._file.open("a") as file:
            file.write(json.dumps([*verdict.mutant, verdict.outcome, verdict.by]) + "\n")
        if len(self.verdicts) % 20 == 0:
            print(f"{len(self.verdicts)} of {self._expected}", flush=True)


def report(verdicts: Sequence[Verdict], *, least: int) -> int:
    """Print what no test noticed and the share of each room; return the exit code."""
    for verdict in sorted(verdicts):
        if verdict.outcome in {"survived", "untested"}:
            print(f"{verdict.outcome}: {verdict.mutant.name}\n{verdict.mutant.difference}")
    for room in ROOMS:
        print(*_figures(room, [verdict for verdict in verdicts if verdict.mutant.room == room]), sep="")
    tried = [verdict for verdict in verdicts if verdict.outcome in TRIED]
    if len(tried) < len(verdicts):
        print(f"THERE WAS NO TIME for {len(verdicts) - len(tried)} of {len(verdicts)} mutants: THEY WERE NOT TRIED.")
    noticed = sum(verdict.outcome in NOTICED for verdict in tried)
    if tried and noticed * 100 < least * len(tried):
        print(f"The tests notice {noticed} of {len(tried)} mutants; {least} % are needed.")
        return 1
    return 0


def _figures(room: str, verdicts: Sequence[Verdict]) -> list[str]:
    counts = Counter(verdict.outcome for verdict in verdicts if verdict.outcome in TRIED)
    noticed = sum(counts[outcome] for outcome in NOTICED)
    return [f"{room}: {noticed} of {counts.total()} noticed ({noticed / counts.total():.0%})"] if counts else []


def _chosen(mutants: Sequence[Mutant], options: argparse.Namespace) -> list[Mutant]:
    if options.names:
        names = set(Path(options.names).read_text(encoding="utf-8").split())
        return [mutant for mutant in mutants if mutant.name in names]
    return choose(mutants, options.sample, options.seed) if options.sample else list(mutants)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)}")
    parser.add_argument("--sample", type=int, default=0, help="so many of each room, instead of all")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another sample")
    parser.add_argument("--names", help="a file with the names of the mutants to try")
    parser.add_argument("--own-tests", action="store_true", help="only the tests of the rooms, not of functions")
    parser.add_argument("--workers", type=int, default=2, help="processes at once")
    parser.add_argument("--limit-s", type=float, default=1e6, help="stop after so many seconds, and say so")
    parser.add_argument("--least", type=int, default=0, help="fail where fewer percent are noticed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
