"""The `nexus simulate` commands: customers, faults and disorder of the simulated Meta."""

import json
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console

from infra.local.commands.plain import AsJson, plain_errors

app = typer.Typer(
    invoke_without_command=True,
    help="""Write to the demo shop as one of its customers, and see its answers.

    Without a command, each line that you type is a message; /help lists the other inputs.""",
)


class Channel(StrEnum):
    """The channel on which the customer writes."""

    WHATSAPP = "whatsapp"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"


ShopAccount = Annotated[str | None, typer.Option("--account", help="The shop's account. Default: the demo shop's.")]


class Who(NamedTuple):
    """The sender of a message, and its recipient."""

    channel: str
    account_id: str | None
    customer_id: str | None
    name: str


@app.callback()
def simulate(
    context: typer.Context,
    *,
    on: Annotated[Channel, typer.Option("--on", help="The channel.")] = Channel.WHATSAPP,
    account: ShopAccount = None,
    customer_id: Annotated[
        str | None, typer.Option("--as", help="The customer's number without +, or the page-scoped id.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The customer's name.")] = "Mona",
) -> None:
    context.obj = Who(on.value, account, customer_id, name)
    if context.invoked_subcommand is not None:
        return
    with plain_errors(as_json=False) as settings:
        from infra.local.simulators import client as command  # noqa: PLC0415

        url = command.address(settings.data_dir.resolve())
        with command.Customer(url, **context.obj._asdict()) as customer:
            command.chat(customer, Console())


@app.command()
def say(
    context: typer.Context,
    text: str,
    *,
    wait: Annotated[float, typer.Option(help="Seconds to wait for an answer; 0 waits for none.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Write one message, and wait for an answer if `--wait` is given. Exit code 1 when none arrives."""
    with plain_errors(as_json=as_json) as settings:
        from infra.local.simulators import client as command  # noqa: PLC0415

        url, answered = command.address(settings.data_dir.resolve()), wait == 0
        with command.Customer(url, **context.obj._asdict()) as customer:
            for line in command.say(customer, text, wait_s=wait):
                answered = answered or not line["by_customer"]
                if as_json:
                    print(command.as_json(line))  # noqa: T201
                else:
                    command.show(line, customer, Console())
        raise typer.Exit(0 if answered else 1)


@app.command()
def accounts(*, as_json: AsJson = False) -> None:
    """List the numbers and pages that the simulator knows."""
    answer = _control("GET", "/accounts", as_json=as_json)
    if not as_json:
        for entry in answer["accounts"]:
            print(f"{entry['id']:<18} {entry['channel']:<10} {entry['name']} {entry['phone']}")  # noqa: T201


@app.command()
def sign_up(
    context: typer.Context, name: Annotated[str, typer.Argument(help="The name of the account.")] = "Shop"
) -> None:
    """Add a number (or --on facebook, --on instagram an account) and print what connects it, in JSON."""
    _control("POST", "/sign-ups", {"channel": context.obj.channel, "name": name}, as_json=True)


@app.command()
def fault(
    name: Annotated[str | None, typer.Argument(help="A name, a code of Meta, or late-CODE; none lists them.")] = None,
    *,
    times: Annotated[int, typer.Option(help="How many sends it affects.", min=1)] = 1,
    account: ShopAccount = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove all faults.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the shop's next sends fail, as Meta's sometimes do."""
    if clear or name is None:
        answer = _control("DELETE" if clear else "GET", "/faults", as_json=as_json)
    else:
        answer = _control("POST", "/faults", {"fault": name, "times": times, "account_id": account}, as_json=as_json)
    if not as_json:
        for known, meaning in ({} if name or clear else answer["known"]).items():
            print(f"{known:<11} {meaning}")  # noqa: T201
        for due in answer["due"]:
            print(f"due: {due['name']}, {due['times']} more")  # noqa: T201


@app.command()
def travel(
    *,
    copies: Annotated[int, typer.Option(help="How often each webhook is delivered.", min=1)] = 1,
    shuffled: Annotated[bool, typer.Option("--shuffled", help="Deliver in random order.")] = False,
    batch: Annotated[int, typer.Option(help="How many webhooks one body holds.", min=1)] = 1,
    late: Annotated[float, typer.Option(help="The delay in seconds.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Set how webhooks are delivered from now on: twice, shuffled, in batches, late. No option: one by one, at once."""
    _control(
        "PUT", "/travel", {"copies": copies, "shuffled": shuffled, "batch": batch, "late_s": late}, as_json=as_json
    )


@app.command()
def webhook(file: typer.FileText, *, as_json: AsJson = False) -> None:
    """Post a body of your own to the webhook address, signed as Meta signs it; - reads it from standard input."""
    answer = _control("POST", "/webhooks", json.load(file), as_json=as_json)
    if not as_json:
        print(f"answered {answer['status']}")  # noqa: T201


def _control(method: str, path: str, body: dict[str, Any] | None = None, *, as_json: bool) -> dict[str, Any]:
    """Send a request to the running simulator; with `as_json`, print its answer."""
    with plain_errors(as_json=as_json) as settings:
        from infra.local.simulators import client as command  # noqa: PLC0415

        url = command.address(settings.data_dir.resolve())
        with command.listening(url) as http:
            answer = command.call(http, method, path, body)
        if as_json:
            print(command.as_json(answer))  # noqa: T201
        return answer
