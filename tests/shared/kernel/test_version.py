"""The version stands in one place, and everything that tells one tells that."""

import json
import tomllib
from pathlib import Path

from shared.kernel.version import VERSION

ROOT = Path(__file__).parents[3]
DOCUMENTS = ROOT / "functions/discovery/documents"


def test_the_package_reads_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "shared.kernel.version.VERSION"}


def test_the_documents_tell_it():
    told = {name: json.loads((DOCUMENTS / name).read_text()) for name in ("mcp.json", "server-card.json")}
    api = json.loads((DOCUMENTS / "openapi.json").read_text())
    assert {told["mcp.json"]["version"], told["server-card.json"]["version"], api["info"]["version"]} == {VERSION}


def test_the_changelog_begins_with_it():
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    assert headings[0].startswith(f"## {VERSION}")


async def test_the_accounts_surface_tells_it(http):
    assert (await http.get("/auth/v1/health")).json()["version"] == VERSION
