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
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from .tree import COPY, Mutant

OWN_TESTS = (
    "tests/shared/tenancy",
    "tests/shared/auth",
    "tests/shared/quotas",
    "tests/shared/edge",
    "tests/shared/platform/mcp",
)
TESTS = (
    *OWN_TESTS,
    *(
        f"tests/functions/test_{name}.py"
        for name in (
            "agent_api_key_create",
            "agent_api_key_list",
            "agent_api_key_revoke",
            "agent_api_key_rotate",
            "agent_auth",
            "agent_register",
            "agent_usage",
            "flush_usage",
            "media_file",
            "media_upload",
            "meta_webhook",
            "organization_create",
            "purge_expired",
        )
    ),
    "tests/contract/test_secret_key_in_browsers.py",
    "tests/contract/test_streaming.py",
    "tests/functions/auth/test_auth_access.py",
    "tests/functions/discovery/test_first_call.py",
    "tests/functions/mcp_server/test_mcp_server.py",
)
"""The rooms' own, and those of the functions that stand on them most."""
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
    """`durations` by test, `tests` by function."""

    durations: dict[str, float]
    tests: dict[str, list[str]]


class Verdict(NamedTuple):
    mutant: Mutant
    outcome: str
    """killed, timeout, survived, untested (no test runs it) or untried (there was no time)."""
    by: str | None = None


def measure(tests: Sequence[str], workers: int, *, deadline: float) -> Stats:
    """Run the tests of each file once, unless that was done before, and note which functions they run.

    Raises:
        TimeoutError: at the deadline.
    """
    known: dict[str, Any] = json.loads(_STATS.read_text()) if _STATS.exists() else {}
    digests = {file: _digest(file) for file in _files(tests)}
    stale = [file for file, digest in digests.items() if known.get(file, {}).get("digest") != digest]
    parts = [stale[number::workers] for number in range(min(workers, len(stale)))]
    with ThreadPoolExecutor(workers) as pool:
        for part, measured in zip(parts, pool.map(partial(_measure, deadline), range(len(parts)), parts), strict=True):
            known |= {file: {"digest": digests[file], **measured[file]} for file in part if file in measured}
    _STATS.write_text(json.dumps(known))
    return _stats([known[file] for file in digests if file in known])


def _files(tests: Sequence[str]) -> list[str]:
    folders = [COPY / test for test in tests if (COPY / test).exists()]
    found = chain.from_iterable([path] if path.suffix else path.rglob("test_*.py") for path in folders)
    return sorted(file.relative_to(COPY).as_posix() for file in found)


def _digest(file: str) -> str:
    return hashlib.sha256((COPY / file).read_bytes()).hexdigest()


def _measure(deadline: float, number: int, files: Sequence[str]) -> dict[str, Any]:
    answer = COPY / f"stats{number}.json"
    process = _start([*_PLUGIN, *files], {"MUTANTS_STATS": str(answer)})
    try:
        code = process.wait(deadline - time.monotonic())
    except subprocess.TimeoutExpired as late:
        process.kill()
        process.wait()
        raise TimeoutError from late
    if code:
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
    return Stats(durations, tests)


def choose_tests(mutant: Mutant, stats: Stats) -> list[str]:
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
    """Leave out what takes too long: one at least is kept."""
    chosen: list[str] = []
    total = 0.0
    for test in tests:
        if not chosen or total + stats.durations[test] <= _MOST_TESTS_S:
            total += stats.durations[test]
            chosen.append(test)
    return chosen


class Trial:
    """Mutants in a few processes; those that no test noticed there are tried once more in one of their own."""

    def __init__(
        self, mutants: Sequence[Mutant], stats: Stats, on_verdict: Callable[[Verdict], None], *, deadline: float
    ) -> None:
        self._stats = stats
        self._tests = {mutant.name: choose_tests(mutant, stats) for mutant in mutants}
        self._by_name = {mutant.name: mutant for mutant in mutants}
        self._waiting = sorted((mutant for mutant in mutants if self._tests[mutant.name]), key=lambda m: m.path)
        self._lock = threading.Lock()
        self._on_verdict = on_verdict
        self._deadline = deadline
        for mutant in mutants:
            if not self._tests[mutant.name]:
                on_verdict(Verdict(mutant, "untested"))

    def run(self, workers: int) -> None:
        size = min(_BATCH, -(-len(self._waiting) // workers))
        with ThreadPoolExecutor(workers) as pool:
            for done in [pool.submit(self._work, number, size) for number in range(workers)]:
                done.result()

    def _work(self, number: int, size: int) -> None:
        while batch := self._take(size):
            for mutant in self._try_batch(number, batch):
                self._try_alone(mutant)

    def _take(self, count: int) -> list[Mutant]:
        with self._lock:
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _try_batch(self, number: int, batch: list[Mutant]) -> list[Mutant]:
        """Return those that need a process of their own."""
        alone = []
        while batch and time.monotonic() < self._deadline:
            answers = self._run_batch(number, batch)
            for name, (outcome, by) in answers.items():
                if outcome == "killed" or (outcome == "timeout" and time.monotonic() < self._deadline):
                    self._on_verdict(Verdict(self._by_name[name], outcome, by))
                else:  # What runs at import or is remembered shows in a new process only.
                    alone.append(self._by_name[name])
            batch = [mutant for mutant in batch if mutant.name not in answers]
            if not answers and time.monotonic() < self._deadline:
                raise RuntimeError("the tests do not start over the copy: see build/mutants/worker.log")
        for mutant in batch:
            self._on_verdict(Verdict(mutant, "untried"))
        return alone

    def _run_batch(self, number: int, batch: list[Mutant]) -> dict[str, tuple[str, str | None]]:
        plan, answers = COPY / f"plan{number}.jsonl", COPY / f"answers{number}.jsonl"
        plan.write_text("".join(json.dumps({"name": m.name, "tests": self._tests[m.name]}) + "\n" for m in batch))
        answers.write_text("")
        files = sorted({test.partition("::")[0] for m in batch for test in self._tests[m.name]})
        process = _start([*_PLUGIN, *files], {"MUTANTS_PLAN": str(plan), "MUTANTS_ANSWERS": str(answers)})
        hangs = self._outlasts(process, answers)
        if hangs:
            process.kill()
        process.wait()
        found = {a["name"]: (a["is"], a.get("by")) for a in map(json.loads, answers.read_text().splitlines())}
        for name in [name for name, (outcome, _) in found.items() if hangs and outcome == "begun"]:
            found[name] = ("timeout", None)
        return found

    def _outlasts(self, process: "subprocess.Popen[bytes]", answers: Path) -> bool:
        """Wait for the process, and return whether it takes longer than a mutant may, or than there is time."""
        seen, since, allowed = 0, time.monotonic(), _START_S
        while process.poll() is None:
            time.sleep(0.2)
            lines = answers.read_text().splitlines()
            if len(lines) != seen:
                seen, since = len(lines), time.monotonic()
                allowed = self._allowed_s(json.loads(lines[-1])["name"])
            elif time.monotonic() > min(since + allowed, self._deadline):
                return True
        return False

    def _allowed_s(self, name: str) -> float:
        return 20 + _SLOWER * sum(self._stats.durations[test] for test in self._tests[name])

    def _try_alone(self, mutant: Mutant) -> None:
        left_s = self._deadline - time.monotonic()
        allowed_s = min(_START_S + self._allowed_s(mutant.name), left_s)
        arguments = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *self._tests[mutant.name]]
        process = _start(arguments, {"MUTANT_UNDER_TEST": mutant.name}) if left_s > 0 else None
        try:
            outcome = "untried" if process is None else "killed" if process.wait(allowed_s) else "survived"
        except subprocess.TimeoutExpired:
            outcome = "timeout" if allowed_s < left_s else "untried"
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        self._on_verdict(Verdict(mutant, outcome))


def _start(arguments: Sequence[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    log = (COPY / "worker.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=COPY, env={**os.environ, **environment}, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
