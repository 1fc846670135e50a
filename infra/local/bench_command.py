"""`nexus bench`: the benchmark of bench/, which only a checkout has."""

from typing import Annotated

import typer


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Groups of figures, such as get; all unless given.")] = None,
    *,
    quick: Annotated[bool, typer.Option(help="Fewer tenants, short rounds: under four minutes.")] = False,
) -> None:
    """Measure Nexus beside its peers and limits on this machine, in one run. `make bench` installs the peers first."""
    from bench.__main__ import main  # noqa: PLC0415  the other commands shall not wait for these imports

    main(names, quick=quick)
