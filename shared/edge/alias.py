"""A function under a second name, which clients were set up with."""

import inspect
from importlib import import_module

from msgspec.structs import replace

from .endpoint import name_and_summary
from .spec import Handler


def alias(documentation: str | None, *, of: str) -> Handler:
    """Return the handler of the function in the folder `of`, under the name that the documentation begins with.

    `documentation` is the docstring of main.py. Nothing else of the function changes: an alias has its own name in
    addresses, idempotency keys and the log. A package carries both folders.
    """
    handler = import_module(f"functions.{of}.main").handler
    name, summary = name_and_summary(inspect.cleandoc(documentation or "").partition("\n")[0])
    renamed: Handler = handler.register(replace(handler.spec, name=name or handler.spec.name, summary=summary))
    return renamed
