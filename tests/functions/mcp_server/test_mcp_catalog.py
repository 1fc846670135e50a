"""Every tool that is declared in tools/ is offered, in a fixed order, and loaded when it is called."""

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import functions.mcp_server.tools
from functions.mcp_server.catalog import FIRST, declared_tools, registry
from shared.platform.mcp.registry import Tool

LOADED = """
import sys
from functions.mcp_server.routes import _server
tools = _server().registry.tools
print(*sorted(name for name in sys.modules if name.startswith("functions.mcp_server.tools.")))
tools["nexus_get_contact"]
print(*sorted(name for name in sys.modules if name.startswith("functions.mcp_server.tools.")))
"""


def test_tools_and_resources_are_registered_by_name():
    assert {name: tool.name for name, tool in registry.tools.items()} == {name: name for name in registry.tools}
    assert {uri: each.uri for uri, each in registry.resources.items()} == {uri: uri for uri in registry.resources}


def test_every_tool_that_is_declared_is_offered():
    modules = pkgutil.iter_modules(functions.mcp_server.tools.__path__, "functions.mcp_server.tools.")
    declared = [each for module in modules for each in vars(import_module(module.name)).values()]
    assert {each.name for each in declared if isinstance(each, Tool)} == set(registry.tools)


def test_a_module_in_the_folder_is_enough_to_offer_its_tools(tmp_path):
    for module, tools in {
        "labels": ("nexus_list_labels",),
        "calls": ("nexus_b", "nexus_a"),
        FIRST[1]: ("nexus_c",),
    }.items():
        text = "\n".join(f"async def {name}(call): ..." for name in tools)
        (tmp_path / f"{module}.py").write_text(f"# async def nexus_no():\n{text}\n")
    declared = [("nexus_c", FIRST[1]), ("nexus_b", "calls"), ("nexus_a", "calls"), ("nexus_list_labels", "labels")]
    assert list(declared_tools(tmp_path)) == declared


def test_no_tool_is_declared_twice():
    declared = list(declared_tools(Path(functions.mcp_server.tools.__path__[0])))
    assert len(declared) == len(dict(declared))


def test_an_absent_representation_is_not_looked_for():
    assert "nexus_drop_tables" not in registry.tools
    assert registry.tools.get("nexus_drop_tables") is None


def test_a_start_loads_no_tool_and_a_call_loads_its_own():
    environment = {"NEXUS_DATABASE_URL": "x", "NEXUS_STORE_URL": "valkey://x", "NEXUS_PEPPER": "x"}
    run = subprocess.run([sys.executable, "-c", LOADED], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["", "functions.mcp_server.tools.contacts"]


@pytest.mark.parametrize("offered", registry.tools.values(), ids=list(registry.tools))
def test_a_tool_whose_fields_null_clears_says_so_in_each_of_them(offered):
    clears = getattr(offered.arguments, "absence_counts", False)
    assert clears == ("null clears" in offered.description)
    schema = offered.definition["inputSchema"]
    for name, field in offered.arguments.model_fields.items():
        takes_null = field.default is None and not field.is_required()
        told = {"type": "null"} in schema["properties"][name].get("anyOf", [])
        assert told == (clears and takes_null), name
