"""`nexus reseal`: seals stored tokens again after a change of the sealing key, and reports its progress."""

import json
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from infra.local.commands.plain import AsJson, plain_errors
from infra.local.errors import LauncherError

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.secrets import Secrets


class Key(StrEnum):
    """Changes of the data directory's own keys."""

    NEW = "new"
    FORGET_OLD = "forget-old"


def reseal(
    *,
    key: Annotated[
        Key | None,
        typer.Option(
            help="Change the data directory's own keys instead: add a new key, or forget the old ones. "
            "Takes effect at the next start."
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="The address of Nexus. Default: 127.0.0.1 at NEXUS_PORT.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Seal stored tokens again with the newest key of the running Nexus. Can be stopped and called again at any time.

    For another host, its service key is read from NEXUS_SECRET_KEY. Exit code 1 when something could not be opened.
    """
    with plain_errors(as_json=as_json) as settings:
        from infra.local import secrets  # noqa: PLC0415

        path = settings.data_dir.resolve() / "secrets.json"
        if key is Key.NEW:
            _tell(secrets.add_sealing_key(path), path, as_json=as_json)
            return
        url = base_url or f"http://127.0.0.1:{settings.port}"
        counts = _run(url, os.environ.get("NEXUS_SECRET_KEY") or secrets.load(path).secret_key, Console(stderr=True))
        if key is Key.FORGET_OLD and counts["remaining"]:
            raise LauncherError(
                f"{counts['remaining']} tokens still need an old key.",
                mend="Connect these channels again: channel-list.",
            )
        if key is Key.FORGET_OLD:
            _tell(secrets.forget_old_sealing_keys(path), path, as_json=as_json)
            return
        print(json.dumps(counts) if as_json else f"{counts['resealed']} sealed anew, {counts['remaining']} remain.")  # noqa: T201
    raise typer.Exit(counts["remaining"] > 0)


def _run(url: str, secret_key: str, console: Console) -> dict[str, int]:
    """Call the function until it can do nothing more; return the counts of all calls."""
    import httpx  # noqa: PLC0415

    done = 0
    with httpx.Client(headers={"Authorization": f"Bearer {secret_key}"}, timeout=60) as client:
        while True:
            try:
                answer = client.post(f"{url}/functions/v1/reseal-secrets")
            except httpx.HTTPError as fault:
                raise LauncherError("Nexus does not answer.", mend="Is it running? make up starts it.") from fault
            counts: dict[str, int] = answer.json()
            if answer.is_error:
                raise LauncherError(str(counts.get("message")), mend="See docs/channels.md for the settings of keys.")
            done += counts["resealed"]
            console.print(f"{done} sealed anew, {counts['remaining']} remain", highlight=False)
            if counts["remaining"] <= counts["unreadable"]:
                return {**counts, "resealed": done}


def _tell(made: "Secrets", path: "Path", *, as_json: bool) -> None:
    count = made.sealing_key.count(",") + 1
    message = f"{path.name} has {count} sealing key{'s' if count > 1 else ''} now. Start Nexus again for it to hold."
    print(json.dumps({"sealing_keys": count}) if as_json else message)  # noqa: T201
