"""Lint of refusals: what a routine of the database raises is declared by a class in Python."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from .source import Finding, Source

RAISES = re.compile(r"\bapp\.refuse\(\s*(\d{3}),\s*'([a-z_]+)'")
Classes = Mapping[str, Sequence[ast.ClassDef]]


def refusals_are_declared(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find refusals of routines that no class declares with the same code and status."""
    declared = _declared(sources)
    for source in sources:
        if source.under("infra/schema"):
            for match in RAISES.finditer(source.text):
                status, code = int(match[1]), match[2]
                if (status, code) not in declared:
                    line = source.text.count("\n", 0, match.start()) + 1
                    yield source.finding(line, f"no class declares the code {code} with the status {status}")


def _declared(sources: Sequence[Source]) -> frozenset[tuple[int, str]]:
    """Return the statuses and codes of all classes that have a code of their own."""
    nodes = [
        node
        for source in sources
        if source.is_python and source.under("shared", "functions")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
    ]
    classes: dict[str, list[ast.ClassDef]] = {}
    for node in nodes:
        classes.setdefault(node.name, []).append(node)
    return frozenset(
        (status, code)
        for node in nodes
        if isinstance(code := _constant(node, "code"), str)
        for status in _statuses(node, classes)
    )


def _statuses(node: ast.ClassDef, classes: Classes) -> Iterator[int]:
    """Yield the class's own status, or those of the classes from which it derives."""
    own = _constant(node, "status")
    if isinstance(own, int):
        yield own
        return
    for base in node.bases:
        for parent in classes.get(ast.unparse(base).rpartition(".")[2], ()):
            if parent is not node:
                yield from _statuses(parent, classes)


def _constant(node: ast.ClassDef, name: str) -> object:
    """Return the constant that the body of the class assigns to the name, or None."""
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        annotated = [statement.target] if isinstance(statement, ast.AnnAssign) else []
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        names = [target.id for target in (*targets, *annotated) if isinstance(target, ast.Name)]
        if name in names and isinstance(value, ast.Constant):
            return value.value
    return None
