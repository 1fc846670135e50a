"""`python -m infra.local` is the `nexus` command, without being installed."""

from infra.local.commands.cli import app

app(prog_name="nexus")
