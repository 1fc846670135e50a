"""The table of docs/rest.md: what PostgREST's clients can use; a test proves each line."""

import ast
from collections.abc import Iterator

from infra.documents.texts import DOCS
from infra.needs import ROOT

PAGE = DOCS / "rest.md"
TESTS = ROOT / "tests"
AREAS = (
    "Reading",
    "Filters",
    "JSON",
    "Logic",
    "Order and pages",
    "Counts",
    "Formats",
    "Embedding",
    "Aggregates",
    "Writing",
    "Functions",
    "Computed fields and relationships",
    "Views",
    "Schemas",
    "Transactions",
    "Callers",
    "Refusals",
    "Description",
)
_BEGIN, _END = "<!-- written by make docs -->", "<!-- until here -->"


def page() -> str:
    """Return the present page with a new table."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n{table()}\n{_END}{after}"


def table() -> str:
    claims = sorted(_claims(), key=lambda claim: (_rank(claim[0]), claim[1]))
    lines = [f"| {area} | {feature} |" for area, feature in dict.fromkeys(claims)]
    return "\n".join(["| area | what works |", "| --- | --- |", *lines])


def _rank(area: str) -> tuple[int, str]:
    """Return the order of an area; one that AREAS does not have comes last."""
    return (AREAS.index(area) if area in AREAS else len(AREAS), area)


def _claims() -> Iterator[tuple[str, str]]:
    """Yield areas and features of every `@supports`, read without running the tests."""
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "@supports(" in text else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from (claim for decorator in node.decorator_list for claim in _of(decorator))


def _of(decorator: ast.expr) -> Iterator[tuple[str, str]]:
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name)):
        return
    if decorator.func.id != "supports":
        return
    area, *features = (ast.literal_eval(argument) for argument in decorator.args)
    yield from ((area, feature) for feature in features)
