"""Modules that are loaded at their first use, because many first answers do not need them."""

import importlib.util
import sys
from importlib import import_module
from types import ModuleType


def lazy_import(name: str) -> ModuleType:
    """Return the module, whose code runs when one of its names is first used.

    Raises:
        ModuleNotFoundError: at once, not at the first use.
    """
    known = sys.modules.get(name)
    if known is not None:
        return known
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"no module named {name}", name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class _Deferred(ModuleType):
    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self.__name__), name)


def defer_import(name: str) -> None:
    """Let a library that imports this module from its package get a stand-in, which loads it when a name is used.

    An import of the module itself, or of one in it, loads it as always.
    """
    parent, _, child = name.rpartition(".")
    if name not in sys.modules:
        setattr(import_module(parent), child, _Deferred(name))
