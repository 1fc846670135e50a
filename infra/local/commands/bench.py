"""`nexus bench`: the benchmark of bench/, which only a checkout has."""

import os
import sys
from typing import Annotated

import typer

from infra.local.settings import REPOSITORY


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Groups of figures, such as get; all unless given.")] = None,
    *,
    quick: Annotated[bool, typer.Option(help="Fewer tenants, short rounds: under four minutes.")] = False,
) -> None:
    """Measure Nexus beside its peers and limits on this machine, in one run. `make bench` installs the peers first."""
    os.chdir(REPOSITORY)
    options = ["--quick"] if quick else []
    os.execv(sys.executable, [sys.executable, "-m", "bench", *options, *(names or [])])  # noqa: S606  one process less
