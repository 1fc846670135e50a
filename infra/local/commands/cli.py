"""The `nexus` command."""

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from infra.local.commands import simulate
from infra.local.commands.bench import bench
from infra.local.commands.plain import AsJson, plain_errors
from infra.local.commands.reseal import reseal
from infra.local.commands.rest import rest

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="""Run Nexus on this machine.

    Settings come from the environment: [bold]NEXUS_PORT[/] (54321), [bold]NEXUS_DATA_DIR[/] (.nexus),
    [bold]NEXUS_DATABASE_URL[/] and [bold]NEXUS_STORE_URL[/] (servers of your own instead of the embedded ones),
    [bold]NEXUS_ADMIN_DATABASE_URL[/] (the owner of its schema, for migrations),
    [bold]NEXUS_PG_BIN[/] (the programs of another Postgres),
    [bold]NEXUS_MAIL_URL[/] (a mail server instead of the mailbox at /mailbox),
    [bold]NEXUS_HEAD_TIMEOUT_S[/] (the time for a request's head to arrive), [bold]NEXUS_WRITE_TIMEOUT_S[/] (the time
    for the caller to take an answer), [bold]NEXUS_CONNECTIONS_OF_ONE[/] (open connections of one address),
    [bold]NEXUS_GRAPH_URL[/] (Meta itself instead of its simulator; NEXUS_META_* then name your app).""",
)
app.add_typer(simulate.app, name="simulate")


MOST_NAMED = 20
"""The most changed routines listed by name; on a new database all of them are new."""


class Platform(StrEnum):
    """Whether to apply the migrations that a managed platform brings."""

    AUTO = "auto"
    YES = "yes"
    NO = "no"


@app.command()
def up(
    *,
    seed: Annotated[
        bool | None,
        typer.Option(help="Insert the demo business. Default: yes for the embedded database, no for your own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start everything: database, store, migrations, demo business, gateway. Ctrl-C stops it and keeps the data.

    `nexus --help` lists the settings.
    """
    with plain_errors(as_json=as_json) as settings:
        from infra.local.commands import up as command  # noqa: PLC0415

        wants_seed = settings.database_url is None if seed is None else seed
        command.up(settings, seed=wants_seed, as_json=as_json)


@app.command()
def demo(
    *,
    base_url: Annotated[
        str | None, typer.Option(help="The address of Nexus. Default: 127.0.0.1 at NEXUS_PORT.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk through the agent workflow on the running gateway, step by step.

    Exit code: 0 all passed, 1 something failed, 75 a rate limit left a part out.
    """
    with plain_errors(as_json=as_json) as settings:
        from infra.local.demo.walk import demo as walk  # noqa: PLC0415
        from infra.local.secrets import load  # noqa: PLC0415

        secrets = load(settings.data_dir.resolve() / "secrets.json")
        base_url = base_url or f"http://127.0.0.1:{settings.port}"
        raise typer.Exit(walk(base_url, secrets, Console(), as_json=as_json))


@app.command()
def migrate(
    *,
    platform: Annotated[
        Platform, typer.Option(help="Apply the roles and schemas of a managed platform: auto checks the database.")
    ] = Platform.AUTO,
    as_json: AsJson = False,
) -> None:
    """Bring the database's schema up to date. Safe to run twice, and from two machines at once."""
    with plain_errors(as_json=as_json) as settings:
        from infra.local.servers.services import running_parts  # noqa: PLC0415

        console = Console(stderr=True)
        with console.status("Migrating …"), running_parts(settings) as parts:
            report = parts.migrate(
                platform=platform.value,
                on_applied=lambda label: console.print(f"[green]✓[/] {label}", highlight=False),
            )
    if as_json:
        print(json.dumps(asdict(report)))  # noqa: T201
    else:
        if len(report.routines) <= MOST_NAMED:
            for name in report.routines:
                console.print(f"[green]✓[/] routine {name}", highlight=False)
        done = f"{len(report.applied)} migrations applied, {len(report.routines)} routines changed"
        console.print(f"{done}, the schema is up to date.", highlight=False)


@app.command()
def seed(*, as_json: AsJson = False) -> None:
    """Put the demo business into the database. A second run changes nothing."""
    with plain_errors(as_json=as_json) as settings:
        from infra.local.demo.seed import seed as sow  # noqa: PLC0415
        from infra.local.servers.services import running_parts  # noqa: PLC0415

        with Console(stderr=True).status("Seeding the demo business …"), running_parts(settings) as parts:
            parts.migrate()
            report = sow(parts.services.admin_url, parts.secrets)
    if as_json:
        import msgspec  # noqa: PLC0415

        print(msgspec.json.encode(report).decode())  # noqa: T201
    else:
        Console(stderr=True).print(f"The demo business is in the database: {report}", highlight=False, soft_wrap=True)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Examine this machine and its data, and say how to fix what is wrong. Exit code 1 when something is."""
    with plain_errors(as_json=as_json) as settings:
        from infra.local.commands import doctor as command  # noqa: PLC0415

        with Console(stderr=True).status("Examining …"):
            findings = command.examine(settings)
    if as_json:
        print(command.as_json(findings))  # noqa: T201
    else:
        marks = {"fine": ("✓", "green"), "warning": ("!", "yellow"), "wrong": ("✗", "bold red")}
        console = Console()
        for one in findings:
            console.print(Text.assemble(marks[one.verdict], f" {one.subject:<19} {one.message}"), soft_wrap=True)
            if one.mend:
                console.print(Text.assemble(" " * 22, (one.mend, "bold")), soft_wrap=True)
    raise typer.Exit(any(one.verdict == "wrong" for one in findings))


app.command()(bench)
app.command()(reseal)
app.command()(rest)
