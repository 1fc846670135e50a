"""Words: names that a reader can follow, and text that ties the repository to one machine or one package host."""

import ast
import re
from collections.abc import Iterator

from .source import Finding, Source, is_property
from .style import begins_with_a_verb

EMPTY_WORDS = frozenset({"utils", "util", "helpers", "helper", "common", "base", "misc"})
NO_NOUNS = frozenset(
    """
    arrivals asked asking counting entering eras erasing evening held keeping lazily left_out mishaps moments once own
    purging reading receiving refusing remembered served showing standing told wording
    """.split()  # noqa: SIM905  (a list of so many would take as many lines)
)
"""Participles and idioms: a module is called by a noun of the field (`requests`, `errors`, `upload`)."""
VAGUE_NAMES = frozenset({"told", "asked", "each", "place", "standing"})
PRONOUN = re.compile(r"test_(?:what|who|whoever|nobody|somebody)_")
MOST_TEST_NAME = 72
OF_A_MACHINE = re.compile(r"(?<![\w.])/(?:root|home/[\w.-]+|Users/[\w.-]+|work)/")
OF_A_HOST = re.compile(
    r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|proxy\.golang\.org)\b"
    r"|--(?:extra-)?index-url\b|--find-links\b|--trusted-host\b"
)


def modules_are_nouns(source: Source) -> Iterator[Finding]:
    """Find modules and folders whose name is empty, a participle or an idiom."""
    if not source.is_python:
        return
    for part in (*source.path.parts[:-1], source.path.stem.removeprefix("test_")):
        if part in EMPTY_WORDS:
            yield source.finding(1, f"a module called {part} says nothing: name it after what it knows")
        elif part in NO_NOUNS:
            yield source.finding(1, f"{part} is no noun: name the module by the field's word for what it holds")


def names_are_exact(source: Source) -> Iterator[Finding]:
    """Find variables, parameters, fields, functions and classes outside the tests with a name that fits anything."""
    if not source.is_python or source.under("tests"):
        return
    for node in ast.walk(source.tree):
        if (name := _bound_name(node)) and name.strip("_").lower() in VAGUE_NAMES:
            yield source.finding(node, f"{name} fits anything: use the noun for the value")


def test_names_are_plain(source: Source) -> Iterator[Finding]:
    """Find names of tests that do not fit in one line of a report, and those with a pronoun for their subject."""
    if not source.is_python or not source.under("tests"):
        return
    for node in source.functions():
        if node.name.startswith("test_") and len(node.name) > MOST_TEST_NAME:
            yield source.finding(node, f"a test name of {len(node.name)} characters, {MOST_TEST_NAME} at most")
        if PRONOUN.match(node.name):
            yield source.finding(node, "begin the name of a test with the noun for its subject")


def docstrings_begin_with_a_verb(source: Source) -> Iterator[Finding]:
    """Find docstrings of functions outside the tests that do not begin with a verb."""
    if not source.is_python or source.under("tests"):
        return
    for node in source.functions():
        text = None if is_property(node) else ast.get_docstring(node)
        if text and not begins_with_a_verb(text):
            yield source.finding(
                node, "begin the docstring with a verb of VERBS in infra/lint/style.py, such as Return"
            )


def ties_to_nothing(source: Source) -> Iterator[Finding]:
    """Find paths of somebody's machine and addresses of package hosts: a clone must work anywhere."""
    if source.path.name == "words.py" and source.under("infra/lint"):
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        for pattern in (OF_A_MACHINE, OF_A_HOST):
            if match := pattern.search(line):
                yield source.finding(number, f"{match[0]!r} ties the repository to a machine or a host: leave it out")


def _bound_name(node: ast.AST) -> str | None:
    """Return the name that a node gives to a value, None where it gives none."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return name
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case ast.ClassDef(name=name) | ast.MatchAs(name=name) | ast.ExceptHandler(name=name):
            return name
        case ast.alias(name=name, asname=other):
            return other or name.rpartition(".")[2]
    return None
