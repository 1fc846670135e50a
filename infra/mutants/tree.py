"""A copy of the repository in which every function of the chosen rooms stands beside its mutants."""

import ast
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.file_mutation import mutate_file_contents

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build/mutants"
ROOMS = (
    "shared/tenancy",
    "shared/auth",
    "shared/quotas",
    "shared/edge/idempotency.py",
    "shared/edge",
    "shared/platform/mcp",
)
_COPIED = ("bench", "docs", "functions", "infra", "requirements", "shared", "tests")
_LEAST_WORDS = 3


class Mutant(NamedTuple):
    """`name` is the module and the generated function, as mutmut writes it; `difference` is the changed lines."""

    name: str
    room: str
    path: str
    difference: str

    @property
    def function(self) -> str:
        return self.name.rpartition("__mutmut_")[0]


def write_copy(rooms: Sequence[str]) -> list[Mutant]:
    """Write the copy, and return the mutants of the rooms."""
    for name in _COPIED:
        shutil.rmtree(COPY / name, ignore_errors=True)
        shutil.copytree(ROOT / name, COPY / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for file in (*ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / "Makefile"):
        shutil.copy(file, COPY / file.name)
    chosen = set(_modules(rooms))
    made = {path: _write_mutants(path) for path in sorted(set(_modules(ROOMS)))}  # Measuring needs all of them.
    return [mutant for path, mutants in made.items() if path in chosen for mutant in mutants]


def room_of(path: str) -> str:
    """Return the narrowest room that holds the module."""
    return max((room for room in ROOMS if path == room or path.startswith(f"{room}/")), key=len)


def choose(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return as many mutants of each room as there are, `count` at most, the same for the same seed."""
    chosen = []
    for room in ROOMS:
        own = [mutant for mutant in mutants if mutant.room == room]
        chosen += random.Random(f"{seed} {room}").sample(own, min(count, len(own)))  # noqa: S311  no secret
    return chosen


def _modules(rooms: Sequence[str]) -> Iterator[str]:
    for room in rooms:
        for file in [ROOT / room] if room.endswith(".py") else (ROOT / room).glob("*.py"):
            yield file.relative_to(ROOT).as_posix()


def _write_mutants(path: str) -> list[Mutant]:
    mutated = mutate_file_contents(path, (ROOT / path).read_text())
    (COPY / path).write_text(mutated.code)
    module = path.removesuffix(".py").replace("/", ".")
    functions = _functions(mutated.code)
    found = [
        Mutant(f"{module}.{name}", room_of(path), path, _difference(functions, name)) for name in mutated.mutant_names
    ]
    return [mutant for mutant in found if not _is_prose(mutant.difference)]


def _functions(code: str) -> dict[str, list[str]]:
    lines = code.splitlines()
    tree = ast.parse(code)
    return {
        node.name: lines[node.lineno - 1 : node.end_lineno]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "__mutmut_" in node.name
    }


def _difference(functions: dict[str, list[str]], name: str) -> str:
    origin = name.rpartition("__mutmut_")[0] + "__mutmut_orig"
    before = [line.strip().replace(origin, "") for line in functions[origin]]
    after = [line.strip().replace(name, "") for line in functions[name]]
    while before and after and before[0] == after[0]:
        del before[0], after[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return "\n".join([*(f"- {line}" for line in before), *(f"+ {line}" for line in after)])


def _is_prose(difference: str) -> bool:
    """Return whether the words of a message, a log line or SQL keywords changed, which no program reads."""
    lines = difference.splitlines()
    before = "".join(line[2:] for line in lines if line.startswith("- "))
    after = "".join(line[2:] for line in lines if line.startswith("+ "))
    if before.lower() == after.replace("XX", "").lower():
        return _longest_changed_text(before, after) >= _LEAST_WORDS
    return False


def _longest_changed_text(before: str, after: str) -> int:
    """Return how many words the changed literal has, taken from the text between its quotes."""
    start = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    quotes = [i for i, sign in enumerate(before) if sign == '"']
    opened = max((i for i in quotes if i <= start), default=0)
    closed = min((i for i in quotes if i > max(start, opened)), default=len(before))
    return len(before[opened:closed].split())
