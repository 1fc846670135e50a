"""Everything there is stands in the documents, and nothing else does."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from functions.discovery.document_response import FOLDER
from infra import functions
from infra.documents.errors import ACCOUNTS, FILES, PAGE, documented
from infra.documents.openapi import openapi
from infra.documents.refusals import refusals
from infra.local.servers.errors import HeadTooLarge, MalformedRequest, TargetTooLong, UnsupportedVersion
from infra.needs import ROOT
from shared.kernel.errors import Refusal
from shared.platform.rest.bounds import STATUSES

IN_SQL = re.compile(r"app\.refuse\(\s*(\d{3}),\s*'(\w+)'")
IN_MCP = {("input_required", 200)}
"""Told by the protocol core, which knows no Refusal."""
IN_REST = set(STATUSES.items())
"""Told by the interface to any database, which knows no Refusal either."""
IN_LAUNCHER = {(each.code, each.status) for each in (HeadTooLarge, MalformedRequest, TargetTooLong, UnsupportedVersion)}
"""Told by the local gateway, before any function is asked."""
TOLD_TO_NOBODY = {("answered_before", 409), ("address_used", 400)}
"""The edge answers with what was kept under the idempotency key, and files have a refusal of their own."""
OF_ACCOUNTS = ("shared.platform.accounts", "functions.auth")
OF_FILES = "shared.platform.storage"
OF_PLATFORM = (*OF_ACCOUNTS, OF_FILES)


@pytest.fixture(scope="module")
def described():
    return openapi(functions.specs())


@pytest.fixture(scope="module")
def classes():
    """Return every Refusal there is."""
    for folder in ("shared", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    return [each for each in below(Refusal) if each.__module__.startswith(("shared.", "functions."))]


def below(refusal: type[Refusal]) -> Iterator[type[Refusal]]:
    yield refusal
    for each in refusal.__subclasses__():
        yield from below(each)


def in_sql() -> set[tuple[str, int]]:
    texts = [path.read_text() for path in (ROOT / "infra/schema").rglob("*.sql")]
    return {(code, int(status)) for text in texts for status, code in IN_SQL.findall(text)}


def test_a_function_is_in_the_openapi_description_and_on_the_page(spec, described):
    page = Path(ROOT / "docs/functions.md").read_text()
    assert f"\n## {spec.name}\n" in page
    paths = {
        "auth": "/auth/v1/token",
        "storage": "/storage/v1/bucket",
        "rest": "/rest/v1/{table}",
        "unserved": "/graphql/v1",
        "discovery": "/llms.txt",
    }
    assert paths.get(spec.name, f"/functions/v1/{spec.name}") in described["paths"]


def test_every_example_of_a_body_fits_its_schema(described):
    schemas = described["components"]["schemas"]
    found = {name: schema for name, schema in schemas.items() if schema.get("examples")}
    for name, schema in found.items():
        validator = Draft202012Validator(schema | {"components": {"schemas": schemas}})
        for example in schema["examples"]:
            assert not list(validator.iter_errors(example)), name
    assert found


def test_nothing_is_described_that_is_not_there(described):
    names = {path.removeprefix("/functions/v1/") for path in described["paths"] if path.startswith("/functions/v1/")}
    assert names <= {spec.name for spec in functions.specs()}


def test_a_function_says_what_it_does_who_may_and_what_it_answers(spec_of_function, described):
    (operation,) = described["paths"][f"/functions/v1/{spec_of_function.name}"].values()
    assert len(operation["summary"]) > 15
    assert operation["x-rate-limit"]["limit"] == spec_of_function.rate.limit
    assert bool(operation["security"]) != spec_of_function.public
    assert {str(status) for status in refusals(spec_of_function)} < set(operation["responses"])
    assert spec_of_function.name == spec_of_function.name.lower().replace("_", "-")


def test_every_field_of_a_result_is_described(spec_of_function, described):
    (operation,) = described["paths"][f"/functions/v1/{spec_of_function.name}"].values()
    good = operation["responses"][str(spec_of_function.status)]
    schema = good["content"]["application/json"]["schema"]
    assert described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]


def test_the_errors_page_lists_exactly_the_codes_of_functions(classes):
    ours = {(each.code, each.status) for each in classes if not each.__module__.startswith(OF_PLATFORM)}
    there = {(each.code, each.status) for each in documented().values()}
    assert ((ours | in_sql()) - TOLD_TO_NOBODY) | IN_MCP | IN_REST | IN_LAUNCHER == there


def test_the_errors_page_lists_exactly_the_codes_of_accounts(classes):
    codes: dict[str, set[int]] = {}
    for each in classes:
        if each.__module__.startswith(OF_ACCOUNTS) and each.code not in documented():
            codes.setdefault(each.code, set()).add(each.status)
    _, _, rest = PAGE.read_text().partition(ACCOUNTS)
    rows = re.findall(r"^\| `(\w+)` \| ([\d, ]+) \|", rest.partition(FILES)[0], re.MULTILINE)
    assert {code: {int(each) for each in statuses.split(", ")} for code, statuses in rows} == codes


def test_the_errors_page_lists_exactly_the_codes_of_files(classes):
    codes = {(each.code, each.status) for each in classes if each.__module__.startswith(OF_FILES)} - TOLD_TO_NOBODY
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE.read_text().partition(FILES)[2], re.MULTILINE)
    assert {(code, int(status)) for code, status in rows} == codes


def test_every_refusal_of_the_database_is_a_declared_class(classes):
    assert {Refusal.by_code(code, status) for code, status in in_sql()} <= set(classes)


def test_one_code_has_one_status_among_ours(classes):
    found: dict[str, set[int]] = {}
    for each in classes:
        if not each.__module__.startswith(OF_PLATFORM):
            found.setdefault(each.code, set()).add(each.status)
    assert {code: statuses for code, statuses in found.items() if len(statuses) > 1} == {}


def test_every_bound_of_tables_over_http_is_on_its_page_with_its_status():
    page = (ROOT / "docs/rest.md").read_text()
    assert [code for code, status in IN_REST if f"{status} `{code}`" not in page] == []
    assert "503 `statement_timeout`" in page


def test_links_between_pages_lead_somewhere():
    for page in (ROOT / "docs").rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+\.\w+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_documents_for_agents_stay_small_enough_to_be_read():
    assert (FOLDER / "llms.txt").stat().st_size < 10_000
    assert (FOLDER / "mcp.json").stat().st_size < 16_000
