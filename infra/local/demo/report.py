"""The report of the demo: every step with its requests, its answer and a mark; as JSON for programs."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Literal

import httpx
from rich.console import Console
from rich.text import Text

from infra.local.demo.client import LimitedForLong, Unexpected

TEMPORARY_FAILURE = 75
"""EX_TEMPFAIL: nothing failed, but a rate limit left a part out."""
_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "limited": ("!", "yellow")}
_MARGIN = " " * 5


@dataclass
class Step:
    """A step; `answer` is a summary for the reader, `explanation` says why the step did not pass."""

    chapter: str
    title: str
    requests: list[str] = field(default_factory=list)
    answer: str = ""
    outcome: Literal["passed", "failed", "limited"] = "passed"
    explanation: str = ""
    took_ms: int = 0


class ChapterOver(Exception):  # noqa: N818  no error of the program
    """A step did not pass, and the steps after it need it."""


class Report:
    """Collects the steps, and prints each when it is done, unless a program reads."""

    def __init__(self, base_url: str, console: Console, *, as_json: bool) -> None:
        self.base_url = base_url
        self.steps: list[Step] = []
        self._console = console
        self._as_json = as_json
        self._chapter = ""

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Run a chapter; the demo goes on after it, even if one of its steps did not pass."""
        self._chapter = title
        self._say(Text.assemble("\n", (title, "bold")))
        try:
            yield
        except ChapterOver:
            self._say(Text(f"{_MARGIN}The rest of this part was left out.", style="dim"))

    @contextmanager
    def step(self, title: str, sent: Callable[[], list[str]]) -> Iterator[Step]:
        step = Step(self._chapter, title)
        began = time.monotonic()
        try:
            yield step
        except LimitedForLong as limited:
            step.outcome, step.explanation = "limited", limited.message
        except Unexpected as fault:
            step.outcome, step.explanation = "failed", fault.message
        except httpx.ConnectError:
            step.outcome = "failed"
            step.explanation = f"Nothing answers at {self.base_url}. Start Nexus with `make up`, in another terminal."
        except httpx.HTTPError as fault:
            step.outcome, step.explanation = "failed", f"the connection failed: {fault or type(fault).__name__}"
        except (KeyError, IndexError, TypeError) as fault:
            step.outcome, step.explanation = "failed", f"the answer lacks what the demo reads: {fault!r}"
        step.took_ms = round((time.monotonic() - began) * 1000)
        step.requests = sent()
        self.steps.append(step)
        self._show(step)
        if step.outcome != "passed":
            raise ChapterOver

    def waiting(self, seconds: int) -> None:
        self._say(Text(f"{_MARGIN}… a rate limit; continuing in {seconds} seconds", style="yellow"))

    def finish(self) -> int:
        """Print the result and return the exit code: 0 all passed, 1 something failed, 75 a rate limit left something
        out.
        """
        outcomes = {step.outcome for step in self.steps}
        code = 1 if "failed" in outcomes else TEMPORARY_FAILURE if "limited" in outcomes else 0
        if self._as_json:
            steps = [asdict(step) for step in self.steps]
            result = {"ok": code == 0, "exit_code": code, "base_url": self.base_url, "steps": steps}
            self._console.print(json.dumps(result, ensure_ascii=False), soft_wrap=True, markup=False, highlight=False)
            return code
        passed = sum(step.outcome == "passed" for step in self.steps)
        took_s = sum(step.took_ms for step in self.steps) / 1000
        verdict = {0: "Everything works.", 1: "Something failed.", TEMPORARY_FAILURE: "A rate limit left a part out."}
        counted = f"{passed} of {len(self.steps)} steps passed in {took_s:.1f} s."
        self._say(Text(f"\n{counted} {verdict[code]}", style="bold"))
        return code

    def _show(self, step: Step) -> None:
        mark, style = _MARKS[step.outcome]
        number = len(self.steps)
        self._say(Text.assemble((f" {mark} ", style), f"{number:>2} {step.title}", (f"  {step.took_ms} ms", "dim")))
        for request in step.requests:
            self._say(Text(f"{_MARGIN} → {request}", style="dim"))
        if step.answer:
            self._say(Text(f"{_MARGIN} ← {step.answer}"))
        if step.explanation:
            self._say(Text(f"{_MARGIN}   {step.explanation}", style=style))

    def _say(self, text: Text) -> None:
        if not self._as_json:
            self._console.print(text, soft_wrap=True, highlight=False)
