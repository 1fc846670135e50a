"""The tools and resources of this endpoint, in the order of its lists.

A tool is offered because a module of `tools/` declares it. Its name is read from the text of that module, so that a
start finds every tool and imports none.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from shared.platform.mcp.registry import LazyMapping, Registry, Resource, Tool

FIRST = ("search", "contacts", "orders", "inventory", "conversations", "messages")
"""The modules whose tools come first in lists; other modules follow by name."""
DECLARATION = re.compile(r"^async def (nexus_\w+)\(", re.MULTILINE)
RESOURCES = {
    "nexus://organization/info": "organization_info",
    "nexus://schema/contacts": "contacts_schema",
    "nexus://schema/orders": "orders_schema",
    "nexus://schema/inventory": "inventory_schema",
}


def declared_tools(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each tool and the module that declares it."""
    modules = {path.stem: path for path in folder.glob("*.py")}
    first = [name for name in FIRST if name in modules]
    for module in [*first, *sorted(modules.keys() - set(first))]:
        for name in DECLARATION.findall(modules[module].read_text(encoding="utf-8")):
            yield name, module


def _tools() -> LazyMapping[Tool]:
    declared = declared_tools(Path(__file__).with_name("tools"))
    return LazyMapping(__package__, {name: (f".tools.{module}", name) for name, module in declared})


registry = Registry(
    tools=_tools(),
    resources=LazyMapping[Resource](__package__, {uri: (".resources", name) for uri, name in RESOURCES.items()}),
)
