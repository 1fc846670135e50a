"""Error messages of commands: plain text with a way to fix the problem, for people or as JSON for programs."""

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from infra.local.errors import LauncherError

if TYPE_CHECKING:
    from infra.local.settings import LocalSettings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, for programs.")]


@contextlib.contextmanager
def plain_errors(*, as_json: bool) -> Iterator["LocalSettings"]:
    """Print an error and how to fix it, without a traceback; exit with code 1."""
    import psycopg  # noqa: PLC0415
    from pydantic import ValidationError  # noqa: PLC0415  `--help` shall not wait for these imports

    from infra.local.settings import LocalSettings  # noqa: PLC0415
    from infra.migrate import MigrationError  # noqa: PLC0415
    from shared.runtime.settings import SettingsError  # noqa: PLC0415

    try:
        yield LocalSettings()
    except LauncherError as error:
        _complain(error.message, error.mend, as_json=as_json)
    except MigrationError as error:
        _complain(
            str(error),
            "Fix it, then run `nexus migrate`. You can also remove a data directory that you do not need.",
            as_json=as_json,
        )
    except psycopg.OperationalError as error:
        message = f"The database refuses: {str(error).strip()}"
        _complain(message, "Run `nexus doctor`; check NEXUS_DATABASE_URL if you set it.", as_json=as_json)
    except PermissionError as error:
        _complain(f"{error.filename} belongs to another user.", "Change its owner with sudo chown.", as_json=as_json)
    except SettingsError as error:
        _complain(f"A setting is wrong: {error}.", "Correct it, then try again.", as_json=as_json)
    except ValidationError as error:
        faults = ", ".join(f"NEXUS_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        _complain(f"A setting is wrong. {faults}.", "Correct or unset it: `nexus --help` lists them.", as_json=as_json)


def _complain(message: str, mend: str, *, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"error": message, "mend": mend}))  # noqa: T201
    else:
        console = Console(stderr=True)
        console.print(Text.assemble(("✗ ", "bold red"), message), soft_wrap=True)
        console.print(f"  {mend}", soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(1)
