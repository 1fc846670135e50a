"""The documents that people read first say what is so: links, commands, settings, tools and figures."""

import re
from pathlib import Path

import pytest

from functions.mcp_server.catalog import registry
from infra.local.demo.business.shops import SHOP, products
from infra.local.settings import REPOSITORY, LocalSettings

FRONT = [REPOSITORY / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
DOCS = sorted((REPOSITORY / "docs").rglob("*.md"))
README = FRONT[0].read_text(encoding="utf-8")
INDEX = (REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*FRONT, *DOCS], ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_to_a_page_and_a_heading_that_are_there(page):
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", [page for page in DOCS if page.name != "README.md"], ids=lambda page: page.stem)
def test_the_index_lists_every_page(page):
    path = page.relative_to(REPOSITORY / "docs").as_posix()
    assert f"]({path})" in INDEX, "list it in docs/README.md"
    if page.parent.name == "decisions":
        number, title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split(": ", 1)
        assert f"[{number}]({path}): {title}" in INDEX, "docs/README.md has another title"


def test_two_commands_set_nexus_up():
    block = README.split("## Set up")[1].split("```sh\n")[1].split("```")[0]
    assert [line.split("#")[0].strip() for line in block.splitlines()] == ["make up", "make test"]


def test_every_make_target_that_is_named_is_there():
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in FRONT:
        named = set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= targets, page.name


def test_the_readme_lists_every_setting_of_the_launcher():
    listed = set(re.findall(r"`NEXUS_([A-Z_]+)`", README))
    assert listed == {name.upper() for name in LocalSettings.model_fields}


def test_the_readme_lists_every_tool():
    assert set(re.findall(r"`(nexus_\w+)`", README)) == set(registry.tools)


def test_the_readme_has_the_demo_business_as_it_is():
    told = " ".join(README.split())
    assert f"{SHOP.contacts} contacts, {len(products(SHOP.key))} items in two warehouses" in told
    assert f"{SHOP.orders} orders in every state, {sum(SHOP.chats.values())} conversations" in told


def test_every_folder_that_the_architecture_names_is_there():
    text = FRONT[1].read_text(encoding="utf-8")
    for path in re.findall(r"`((?:infra|tests|functions|shared)/[\w/]+(?:\.py)?)`?", text):
        assert (REPOSITORY / path).exists(), path
