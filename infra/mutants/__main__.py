"""`python -m infra.mutants [ROOM ...]`: try the mutants of the rooms, and say which no test notices."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

from .runs import TESTS, Trial, Verdict, measure
from .tree import COPY, ROOMS, choose, write_copy


def main() -> int:
    options = _options()
    COPY.mkdir(parents=True, exist_ok=True)
    mutants = write_copy(options.rooms or ROOMS)
    print(f"{len(mutants)} mutants", flush=True)
    stats = measure(options.tests or TESTS, options.workers)
    print(f"{len(stats.durations)} tests, {sum(stats.durations.values()):.0f} s", flush=True)
    chosen = choose(mutants, options.sample, options.seed) if options.sample else mutants
    if options.names:
        wanted = set(options.names.read().split())
        chosen = [mutant for mutant in mutants if mutant.name in wanted]
    verdicts: list[Verdict] = []
    began = time.monotonic()

    def on_verdict(verdict: Verdict) -> None:
        verdicts.append(verdict)
        with (COPY / "verdicts.jsonl").open("a") as file:
            file.write(json.dumps([*verdict.mutant, verdict.outcome, verdict.by]) + "\n")
        if len(verdicts) % 20 == 0:
            print(f"{len(verdicts)} of {len(chosen)} in {time.monotonic() - began:.0f} s", flush=True)

    (COPY / "verdicts.jsonl").write_text("")
    Trial(chosen, stats, on_verdict).run(options.workers)
    report(verdicts)
    return 0


def report(verdicts: Sequence[Verdict]) -> None:
    for verdict in sorted(verdicts, key=lambda verdict: verdict.mutant.name):
        if verdict.outcome in {"survived", "untested"}:
            print(f"{verdict.outcome} {verdict.mutant.name}\n{verdict.mutant.difference}")
    for room in ROOMS:
        count = Counter(verdict.outcome for verdict in verdicts if verdict.mutant.room == room)
        if total := count.total():
            print(f"{room}: {(count['killed'] + count['timeout']) / total:.1%} of {total}: {dict(count)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("rooms", nargs="*")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tests", nargs="*")
    parser.add_argument("--names", type=argparse.FileType())
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
