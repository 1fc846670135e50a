"""Processes of pytest over the copy: some measure, some try many mutants each, some try a single one."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from .tree import COPY, Mutant

TESTS = (
    "tests/shared/tenancy",
    "tests/shared/auth",
    "tests/shared/quotas",
    "tests/shared/edge",
    "tests/shared/platform/mcp",
    "tests/functions/auth/test_auth_counting.py",
    "tests/functions/auth/test_auth_access.py",
    "tests/functions/discovery/test_first_call.py",
    "tests/functions/test_agent_api_key_create.py",
    "tests/functions/test_agent_api_key_list.py",
    "tests/functions/test_agent_api_key_revoke.py",
    "tests/functions/test_agent_api_key_rotate.py",
    "tests/functions/test_agent_auth.py",
    "tests/functions/test_agent_register.py",
    "tests/functions/test_agent_usage.py",
    "tests/functions/test_counted_days.py",
    "tests/functions/test_flush_usage.py",
    "tests/functions/test_mcp_server.py",
    "tests/functions/test_media.py",
    "tests/functions/test_organization_create.py",
    "tests/functions/test_purge_expired.py",
    "tests/functions/test_secret_key_in_browsers.py",
    "tests/functions/test_streaming.py",
    "tests/functions/messaging/test_meta_webhook.py",
)
_PLUGIN = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "infra.mutants.plugin"]
_STATS = COPY / "stats.json"
_START_S = 180.0
_BATCH = 100
"""Mutants of one process, which starts once for them."""
_SLOWER = 3
"""How many times longer than measured the tests of a mutant may take."""
_MOST_TESTS_S = 8.0
"""A mutant is tried with tests of so much time in all, those of its own room first."""


class Stats(NamedTuple):
    """`durations` by test; `tests` by function; `at_import` are functions that run while modules are imported."""

    durations: dict[str, float]
    tests: dict[str, list[str]]
    at_import: frozenset[str]


class Verdict(NamedTuple):
    mutant: Mutant
    outcome: str
    """killed, timeout, survived or untested."""
    by: str | None = None


def measure(tests: Sequence[str], workers: int) -> Stats:
    """Run the tests of each file once, unless that was done before, and note which functions they run."""
    known: dict[str, Any] = json.loads(_STATS.read_text()) if _STATS.exists() else {}
    digests = {file: _digest(file) for file in _files(tests)}
    stale = [file for file, digest in digests.items() if known.get(file, {}).get("digest") != digest]
    parts = [stale[number::workers] for number in range(min(workers, len(stale)))]
    with ThreadPoolExecutor(workers) as pool:
        for part, measured in zip(parts, pool.map(_measure, range(len(parts)), parts), strict=True):
            known |= {file: {"digest": digests[file], **measured[file]} for file in part if file in measured}
    _STATS.write_text(json.dumps(known))
    return _stats([known[file] for file in digests if file in known])


def _files(tests: Sequence[str]) -> list[str]:
    folders = [COPY / test for test in tests]
    found = chain.from_iterable([path] if path.suffix else path.rglob("test_*.py") for path in folders)
    return sorted(file.relative_to(COPY).as_posix() for file in found)


def _digest(file: str) -> str:
    return hashlib.sha256((COPY / file).read_bytes()).hexdigest()


def _measure(number: int, files: Sequence[str]) -> dict[str, Any]:
    answer = COPY / f"stats{number}.json"
    process = _start([*_PLUGIN, *files], {"MUTANTS_STATS": str(answer)})
    if process.wait():
        raise RuntimeError("the tests do not run over the copy: see build/mutants/worker.log")
    measured: dict[str, Any] = json.loads(answer.read_text())
    return measured


def _stats(measured: Sequence[dict[str, Any]]) -> Stats:
    durations: dict[str, float] = {}
    tests: dict[str, list[str]] = {}
    for name, test in (item for file in measured for item in file["tests"].items()):
        if not test["passed"]:
            print(f"left out, since it fails without a mutant: {name}", flush=True)
            continue
        durations[name] = test["duration"]
        for function in test["functions"]:
            tests.setdefault(function, []).append(name)
    return Stats(durations, tests, frozenset(chain.from_iterable(file["at_import"] for file in measured)))


def tests_for(mutant: Mutant, stats: Stats) -> list[str]:
    """Return the tests that run the function, those of its module and room first, one of each file after the other."""
    found = stats.tests.get(mutant.function, [])
    module, room = Path(mutant.path).stem, f"tests/{Path(mutant.path).parent.as_posix()}/"
    turn: dict[str, int] = {}
    ranked = []
    for test in sorted(found, key=lambda test: stats.durations[test]):
        file = test.partition("::")[0]
        turn[file] = turn.get(file, -1) + 1
        near = 0 if file == f"{room}test_{module}.py" else 1 if file.startswith(room) else 2
        ranked.append((near, turn[file], stats.durations[test], test))
    return _within_time([test for *_, test in sorted(ranked)], stats)


def _within_time(tests: Sequence[str], stats: Stats) -> list[str]:
    chosen: list[str] = []
    total = 0.0
    for test in tests:
        total += stats.durations[test]
        if chosen and total > _MOST_TESTS_S:
            break
        chosen.append(test)
    return chosen


class Trial:
    """Mutants in a few processes; each that hangs, or spoils its process, is tried once more in one of its own."""

    def __init__(self, mutants: Sequence[Mutant], stats: Stats, on_verdict: Callable[[Verdict], None]) -> None:
        self._stats = stats
        self._tests = {mutant.name: tests_for(mutant, stats) for mutant in mutants}
        self._by_name = {mutant.name: mutant for mutant in mutants}
        self._waiting = sorted((mutant for mutant in mutants if self._tests[mutant.name]), key=lambda m: m.path)
        self._lock = threading.Lock()
        self._on_verdict = on_verdict
        for mutant in mutants:
            if not self._tests[mutant.name]:
                on_verdict(Verdict(mutant, "untested"))

    def run(self, workers: int) -> None:
        with ThreadPoolExecutor(workers) as pool:
            for done in [pool.submit(self._work, number) for number in range(workers)]:
                done.result()

    def _work(self, number: int) -> None:
        while batch := self._take(_BATCH):
            for mutant in self._try_batch(number, batch):
                self._try_alone(mutant)

    def _take(self, count: int) -> list[Mutant]:
        with self._lock:
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _try_batch(self, number: int, batch: list[Mutant]) -> list[Mutant]:
        """Return those that need a process of their own."""
        alone = []
        while batch:
            answers = self._run_batch(number, batch)
            if not answers:
                raise RuntimeError("the tests do not start over the copy: see build/mutants/worker.log")
            for name, (outcome, by) in answers.items():
                mutant = self._by_name[name]
                again = outcome in {"dirty", "begun"} or (
                    outcome == "survived" and mutant.function in self._stats.at_import
                )
                if again:
                    alone.append(mutant)
                else:
                    self._on_verdict(Verdict(mutant, outcome, by))
            batch = [mutant for mutant in batch if mutant.name not in answers]
        return alone

    def _run_batch(self, number: int, batch: list[Mutant]) -> dict[str, tuple[str, str | None]]:
        plan, answers = COPY / f"plan{number}.jsonl", COPY / f"answers{number}.jsonl"
        plan.write_text("".join(json.dumps({"name": m.name, "tests": self._tests[m.name]}) + "\n" for m in batch))
        answers.write_text("")
        files = sorted({test.partition("::")[0] for m in batch for test in self._tests[m.name]})
        process = _start([*_PLUGIN, *files], {"MUTANTS_PLAN": str(plan), "MUTANTS_ANSWERS": str(answers)})
        seen, since, allowed = 0, time.monotonic(), _START_S
        while process.poll() is None:
            time.sleep(0.2)
            lines = answers.read_text().splitlines()
            if len(lines) != seen:
                seen, since = len(lines), time.monotonic()
                allowed = self._allowed_s(json.loads(lines[-1])["name"])
            elif time.monotonic() - since > allowed:
                process.kill()
        process.wait()
        return {a["name"]: (a["is"], a.get("by")) for a in map(json.loads, answers.read_text().splitlines())}

    def _allowed_s(self, name: str) -> float:
        return 20 + _SLOWER * sum(self._stats.durations[test] for test in self._tests[name])

    def _try_alone(self, mutant: Mutant) -> None:
        tests = self._tests[mutant.name]
        arguments = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        process = _start(arguments, {"MUTANT_UNDER_TEST": mutant.name})
        try:
            outcome = "killed" if process.wait(_START_S + self._allowed_s(mutant.name)) else "survived"
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            outcome = "timeout"
        self._on_verdict(Verdict(mutant, outcome))


def _start(arguments: Sequence[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    log = (COPY / "worker.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=COPY, env={**os.environ, **environment}, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
