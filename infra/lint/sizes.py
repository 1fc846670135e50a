"""Limits of size: lines of modules and functions, numbers of arguments; and missing module docstrings."""

import ast
import io
import tokenize
from collections.abc import Iterator

from .source import Finding, FunctionNode, Source, documentation

MOST_MODULE_LINES = 400
MOST_MAIN_LINES = 60
MOST_FUNCTION_LINES = 50
MOST_TEST_LINES = 40
MOST_ARGUMENTS = 6
NOT_COUNTED = frozenset({"tx", "self", "cls", "call"})
_SILENT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def sizes(source: Source) -> Iterator[Finding]:
    """Find modules and functions over the limits.

    Code lines are those that are neither blank, comment nor docstring.
    """
    if not source.is_python:
        return
    lines = code_lines(source)
    is_main = source.path.name == "main.py" and source.path.parts[0] == "functions"
    most = MOST_MAIN_LINES if is_main else MOST_MODULE_LINES
    if len(lines) > most:
        advice = "move what is not the handler to siblings or a room" if is_main else "split it by what it knows"
        yield source.finding(1, f"{len(lines)} code lines, {most} at most: {advice}")
    for node in source.functions():
        yield from _function(source, node, lines)


def documented(source: Source) -> Iterator[Finding]:
    """Find modules without a docstring."""
    if source.is_python and source.tree.body and documentation(source.tree) is None and not _is_pytest(source):
        yield source.finding(1, "no module docstring: say in one sentence what the module is for")


def code_lines(source: Source) -> frozenset[int]:
    """Return the numbers of the code lines."""
    tokens = tokenize.generate_tokens(io.StringIO(source.text).readline)
    lines = {line for token in tokens if token.type not in _SILENT for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(source.tree):
        if (found := documentation(node)) is not None:
            lines -= set(range(found.lineno, (found.end_lineno or found.lineno) + 1))
    return frozenset(lines)


def _function(source: Source, node: FunctionNode, lines: frozenset[int]) -> Iterator[Finding]:
    most = MOST_TEST_LINES if _is_pytest(source) and node.name.startswith("test_") else MOST_FUNCTION_LINES
    length = len(lines & frozenset(range(node.lineno, (node.end_lineno or node.lineno) + 1)))
    if length > most:
        yield source.finding(node, f"{node.name} has {length} lines, {most} at most: give its parts names")
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    count = sum(argument.arg not in NOT_COUNTED for argument in named)
    if count > MOST_ARGUMENTS and source.is_code:
        yield source.finding(node, f"{node.name} takes {count} arguments, {MOST_ARGUMENTS} at most: give them a type")


def _is_pytest(source: Source) -> bool:
    return source.path.parts[0] == "tests"
