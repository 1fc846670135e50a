"""The command: `python -m tests.attack` against a running Nexus, as `make up` starts it."""

import asyncio
import importlib
import json
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from tests.attack.registry import ATTACKS, Attack, Broken, Verdict
from tests.attack.stage import Caller, Stage

KINDS = ("columns", "rules", "values", "queues", "costs", "contents", "rights", "links", "identities")
WORDS = {True: "held", False: "broken", None: "not tried"}
COLOURS = {True: "green", False: "red", None: "yellow"}
OWNERS = ("owner@demo.nexus.example", "owner@workshop.nexus.example")


def load() -> list[Attack]:
    """All attacks, in the order of their kinds."""
    for kind in KINDS:
        importlib.import_module(f"tests.attack.{kind}")
    return ATTACKS


async def judged(attack: Attack, stage: Stage) -> Verdict:
    """Try it: whether the promise held, and the evidence."""
    try:
        return Verdict(held=True, evidence=await attack.attempt(stage))
    except Broken as broken:
        return Verdict(held=False, evidence=str(broken))
    except (AssertionError, httpx.HTTPError, KeyError, IndexError, ValueError) as fault:
        return Verdict(held=None, evidence=f"{type(fault).__name__} {fault}")


async def _signed_in(http: httpx.AsyncClient, public_key: str, email: str, password: str) -> Caller:
    answer = await http.post(
        "/auth/v1/token?grant_type=password",
        json={"email": email, "password": password},
        headers={"apikey": public_key},
    )
    if not answer.is_success:
        raise typer.BadParameter(f"{email} cannot sign in: {answer.text[:200]}")
    return Caller(http, public_key, answer.json()["access_token"])


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Attacks or kinds; all of them unless given.")] = None,
    *,
    url: Annotated[str | None, typer.Option(help="Where Nexus answers, if not on 127.0.0.1 at that port.")] = None,
    port: Annotated[int, typer.Option(help="On 127.0.0.1.", envvar="NEXUS_PORT")] = 54321,
    data_dir: Annotated[Path, typer.Option(help="Where `make up` keeps its secrets.", envvar="NEXUS_DATA_DIR")] = Path(
        ".nexus"
    ),
    long: Annotated[bool, typer.Option("--long", help="Also those that take a minute each.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Replay every attack on a running Nexus and say of each whether the promise held. Ends with 1 if one was broken.

    A limit by the minute is waited for, so that all of it takes some minutes.

    Only ever attack a Nexus of your own: rows are made, and left, in its demo business.
    """
    chosen = [each for each in load() if not names or each.name in names or each.kind in names]
    if not chosen:
        raise typer.BadParameter(f"no such attack; there are: {', '.join(each.name for each in ATTACKS)}")
    secrets = json.loads((data_dir / "secrets.json").read_text())
    url = url or f"http://127.0.0.1:{port}"
    broken = asyncio.run(_play([each for each in chosen if long or not each.is_long], url, secrets, as_json=as_json))
    raise typer.Exit(1 if broken else 0)


async def _play(chosen: list[Attack], url: str, secrets: dict[str, str], *, as_json: bool) -> int:
    """The number of broken promises."""
    verdicts: list[Verdict] = []
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        public_key = secrets["publishable_key"]
        shop, rival = [await _signed_in(http, public_key, owner, secrets["demo_password"]) for owner in OWNERS]
        stage = Stage(http, public_key, secrets["secret_key"], shop, rival, secrets["meta_app_secret"])
        for attack in chosen:
            verdicts.append(await judged(attack, stage))
            await stage.leave()
            _tell(attack, verdicts[-1], as_json=as_json)
    counts = {word: sum(verdict.held is held for verdict in verdicts) for held, word in WORDS.items()}
    Console(stderr=True).print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return counts[WORDS[False]]


def _tell(attack: Attack, verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        told = {"kind": attack.kind, "name": attack.name, "held": verdict.held, "evidence": verdict.evidence}
        print(json.dumps(told), flush=True)  # noqa: T201
        return
    mark = f"[{COLOURS[verdict.held]}]{WORDS[verdict.held]:9}[/]"
    evidence = escape(verdict.evidence[:200])
    Console(soft_wrap=True).print(f"{mark} {attack.kind:10} {attack.promise}. [dim]{attack.name}: {evidence}[/]")


if __name__ == "__main__":
    typer.run(main)
