"""`nexus rest`: PostgREST's interface over any database."""

from typing import Annotated

import typer

from infra.local.commands.plain import AsJson, plain_errors


def rest(
    *,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=1, max=65535)] = 3000,
    as_json: AsJson = False,
) -> None:
    """Serve the tables of any database as PostgREST does.

    PGRST_* settings name the database: docs/rest.md lists them.
    """
    with plain_errors(as_json=as_json):
        from infra.local.servers.rest import serve  # noqa: PLC0415
        from infra.local.servers.rest_settings import foreign_database  # noqa: PLC0415

        serve(foreign_database(), port=port)
