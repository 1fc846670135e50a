"""A pytest plugin that runs its tests once for each mutant, in one process, as long as a test of it fails.

The environment says what to do: `MUTANTS_STATS` names the file for "which test runs which function, and how long",
`MUTANTS_PLAN` one with a mutant and its tests on each line. Answers are lines of JSON in `MUTANTS_ANSWERS`.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation import trampoline

ACTIVE = "MUTANT_UNDER_TEST"
DIRTY = 3
"""The exit code of a process whose tests fail without a mutant, too."""
_MOST_TRIES = 2
"""Where a test fails with the mutant and without it, as on a busy machine."""
_MOST_DIRTY = 2
"""One after the other: the process is spoilt, rather than the machine busy."""
_RUN: set[str] = set()
"""The functions that the present test has run."""


def pytest_configure() -> None:
    if "MUTANTS_STATS" in os.environ:
        trampoline.record_trampoline_hit = _record
        os.environ[ACTIVE] = "stats"


def _record(name: str, **_: Any) -> None:
    _RUN.add(name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    if "MUTANTS_STATS" in os.environ:
        _measure(session, Path(os.environ["MUTANTS_STATS"]))
    elif "MUTANTS_PLAN" in os.environ:
        _try_mutants(session, Path(os.environ["MUTANTS_PLAN"]))
    else:
        return None
    session._setupstate.teardown_exact(None)  # noqa: SLF001  the fixtures of the session
    return True


def _measure(session: pytest.Session, path: Path) -> None:
    measured: dict[str, Any] = {}
    for item in session.items:
        file = measured.setdefault(item.nodeid.partition("::")[0], {"tests": {}})
        _RUN.clear()
        began = time.monotonic()
        passed = _passes(session, item)
        file["tests"][item.nodeid] = {
            "passed": passed,
            "duration": time.monotonic() - began,
            "functions": sorted(_RUN),
        }
    path.write_text(json.dumps(measured))


def _passes(session: pytest.Session, item: pytest.Item) -> bool:
    """Run one test with the fixtures of its own; those of the session stay."""
    following: Any = session  # Only its parents are looked at.
    reports = runtestprotocol(item, log=False, nextitem=following)
    return not any(report.failed for report in reports)


def _try_mutants(session: pytest.Session, plan: Path) -> None:
    items = {item.nodeid: item for item in session.items}
    dirty = 0
    with Path(os.environ["MUTANTS_ANSWERS"]).open("a", buffering=1) as answers:
        for line in plan.read_text().splitlines():
            mutant = json.loads(line)
            answers.write(json.dumps({"name": mutant["name"], "is": "begun"}) + "\n")
            verdict, by = _try(session, mutant["name"], [items[test] for test in mutant["tests"] if test in items])
            answers.write(json.dumps({"name": mutant["name"], "is": verdict, "by": by}) + "\n")
            dirty = dirty + 1 if verdict == "dirty" else 0
            if dirty == _MOST_DIRTY:
                pytest.exit("a test fails without a mutant", returncode=DIRTY)


def _try(session: pytest.Session, mutant: str, tests: list[pytest.Item]) -> tuple[str, str | None]:
    """Return the verdict, and which test fails under the mutant and passes without it."""
    module = sys.modules.get(mutant.rpartition(".")[0])
    for test in tests:
        for _ in range(_MOST_TRIES):
            _forget(module)
            if _passes_under(mutant, session, test):
                break
            _forget(module)
            if _passes(session, test):
                return "killed", test.nodeid
        else:
            return "dirty", test.nodeid
    return "survived", None


def _forget(module: object) -> None:
    """Clear what the module's functions remember: the mutant would not run, or its results would outlive it."""
    for name in vars(module) if module else ():
        clear = getattr(getattr(module, name), "cache_clear", None)
        if clear:
            clear()


def _passes_under(mutant: str, session: pytest.Session, test: pytest.Item) -> bool:
    os.environ[ACTIVE] = mutant
    try:
        return _passes(session, test)
    finally:
        os.environ[ACTIVE] = ""
