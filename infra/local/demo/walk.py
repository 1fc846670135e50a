"""`nexus demo`: the agent workflow on the running gateway, step by step, over plain HTTP."""

import httpx
from rich.console import Console

from infra.local.demo.client import DemoClient
from infra.local.demo.report import Report
from infra.local.demo.steps import Demo
from infra.local.secrets import Secrets

TIMEOUT_S = 30


def demo(
    base_url: str, secrets: Secrets, console: Console, *, as_json: bool = False, headers: dict[str, str] | None = None
) -> int:
    """Run the demo and return the exit code: 0 all passed, 1 something failed, 75 a rate limit left a part out.

    Each request carries `headers`.
    """
    report = Report(base_url, console, as_json=as_json)
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_S, headers=headers) as http:
        Demo(DemoClient(http, report.waiting), report, secrets).walk()
    return report.finish()
