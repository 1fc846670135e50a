"""The functions of the repository: their names, and the handler and the declaration of each.

A function is imported at the first use of its handler, by the name `functions.<name>.main`: under the framework's one
name `main`, functions would get each other's siblings.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from shared.edge.spec import Handler, Spec

FUNCTIONS = Path(__file__).parents[1] / "functions"


@cache
def names() -> frozenset[str]:
    return frozenset(path.parent.name for path in FUNCTIONS.glob("*/main.py"))


@cache
def handler(name: str) -> Handler:
    imported: Handler = import_module(f"functions.{name}.main").handler
    return imported


def spec(name: str) -> Spec:
    declared: Spec = handler(name).spec  # type: ignore[attr-defined]
    return declared


def specs() -> Iterator[Spec]:
    """Import every function and yield its declaration, in the order of their names."""
    return (spec(name) for name in sorted(names()))
