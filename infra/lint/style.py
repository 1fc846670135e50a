"""`python -m infra.lint.style`: figures of style, such as the lengths of functions, beside their goals.

`make docs` writes them to docs/style.md.
"""

import ast
import sys
from collections.abc import Collection, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import grimp

from .sizes import MOST_FUNCTION_LINES, code_lines
from .source import CODE, Source, is_property, sources

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/style.md"
ROUTINES = "infra/schema"
VERBS = frozenset(
    """
    accept add admit adopt allow announce answer append apply archive ask assert assign attach audit await begin
    bind block bring build call cancel cap carry change charge check choose claim clear close collect commit compare
    compile complete compute connect consume convert copy correct count create cut decide declare decode delete
    deliver derive describe discard divide do download draw drop empty encode end enqueue ensure enter erase examine
    exchange execute expect export extend fail fetch fill find fold follow forget format gather get give go guard
    hand hash hide hold import insert issue iterate join keep key leave let limit link list load lock log look lower
    mail make mark match measure mend merge migrate mint mix move name note notify number offer open order pack
    parse pass perform pick place plan point post prepare print probe prove provide purge put queue quote raise read
    receive record refresh refuse register release reload remember remove rename render renew repeat replace report
    request reseal reserve resolve restore resume retry return reverse revoke rotate run save say scale seal search
    seed select send serve set settle show sign skip sleep sort spend split start stop store stream strip subscribe
    subtract take tell test throw total touch translate trim try turn undo unite unseal update upload use verify
    visit wait wake walk warn watch work wrap write yield
    """.split()  # noqa: SIM905  (a list of so many would take as many lines)
)
"""Words with which a docstring may begin, in the imperative."""


OPEN: frozenset[str] = frozenset()
"""The figures that do not meet their goal yet. One that meets it leaves this list, and a test keeps it there."""


class Figure(NamedTuple):
    """Values beside their goals, which are upper limits unless `grows`."""

    name: str
    values: tuple[float, ...]
    goals: tuple[float, ...]
    form: str = "{:d}"
    grows: bool = False
    met_form: str = ""
    """Of values that meet their goal, where `form` is finer: the page changes less often."""

    @property
    def value(self) -> str:
        return " / ".join(map(self.form.format, self.values))

    @property
    def state(self) -> str:
        return (
            f"met: {' / '.join(map((self.met_form or self.form).format, self.values))}" if self.is_met else self.value
        )

    @property
    def goal(self) -> str:
        return " / ".join(map(self.form.format, self.goals))

    @property
    def is_met(self) -> bool:
        """True where every value, as it is written, is no worse than its goal."""
        pairs = zip(self.values, self.goals, strict=True)
        return all(round(value, 2) >= goal if self.grows else value <= goal for value, goal in pairs)


def figures(tree: Sequence[Source]) -> list[Figure]:
    """Measure the repository."""
    code = [source for source in tree if source.is_code]
    lines = sorted(_function_lines(code))
    routines = sorted(_routine_lines(tree))
    return [
        Figure("lines of a Python function, median / p90", _ranks(lines), (6, 16)),
        Figure(f"Python functions over {MOST_FUNCTION_LINES} lines", _over(lines), (0,)),
        Figure("imports in a circle", (cycles(_imports()),), (0,)),
        Figure("docstrings of functions that begin with a verb", (_verb_share(code),), (0.85,), "{:.0%}", grows=True),
        Figure("lines of an SQL routine, median / p90", _ranks(routines), (15, 40)),
        Figure(f"SQL routines over {MOST_FUNCTION_LINES} lines", _over(routines), (0,)),
        Figure(
            "lines of test for each line of shared and functions",
            (_test_share(tree),),
            (1.3,),
            "{:.2f}",
            grows=True,
            met_form="{:.1f}",
        ),
    ]


def page(tree: Sequence[Source]) -> str:
    rows = "\n".join(f"| {figure.name} | {figure.state} | {figure.goal} |" for figure in figures(tree))
    return f"{_HEAD}\n| figure | now | goal |\n| --- | --- | --- |\n{rows}\n"


_HEAD = """\
# Style in figures

`python -m infra.lint.style` measures them, `make docs` writes this page.

- Python is that of `shared`, `functions` and `infra`. A line is one of code: neither blank, nor comment, nor docstring.
  The nearest rank is taken, so that every figure is one that was seen.
- A circle is counted among all imports of modules, those within functions and for type checkers too.
- A docstring begins with a verb when its first word is one of the imperatives in `infra/lint/style.py`. Docstrings of
  properties are nouns, and not counted.
- SQL routines are the files below `infra/schema`, without blank lines and comments.
- A figure that meets its goal is rounded, so that this page seldom changes.
"""


def cycles(imports: dict[str, set[str]]) -> int:
    """Count the imports that would have to go before the modules have an order."""
    removed = 0
    while True:
        try:
            TopologicalSorter(imports).prepare()
        except CycleError as error:
            imported, importer, *_ = error.args[1]
            imports[importer].discard(imported)
            removed += 1
        else:
            return removed


def begins_with_a_verb(docstring: str) -> bool:
    """Return whether the first word is an imperative; ruff's D401 lets pass many words that are no verb."""
    return docstring.split(maxsplit=1)[0].strip("`,.:;").lower() in VERBS


def _imports() -> dict[str, set[str]]:
    graph = grimp.build_graph(*CODE)
    return {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}


def _function_lines(code: Sequence[Source]) -> Iterator[int]:
    for source in code:
        lines = code_lines(source)
        for node in source.functions():
            yield len(lines & frozenset(range(node.lineno, (node.end_lineno or node.lineno) + 1)))


def _routine_lines(tree: Sequence[Source]) -> Iterator[int]:
    for source in tree:
        if source.under(ROUTINES) and source.path.suffix == ".sql":
            lines = (line.strip() for line in source.text.splitlines())
            yield sum(bool(line) and not line.startswith("--") for line in lines)


def _verb_share(code: Sequence[Source]) -> float:
    nodes = chain.from_iterable(source.functions() for source in code)
    docstrings = [text for node in nodes if not is_property(node) and (text := ast.get_docstring(node))]
    return sum(map(begins_with_a_verb, docstrings)) / len(docstrings)


def _test_share(tree: Sequence[Source]) -> float:
    tests, code = (_lines_under(tree, *folders) for folders in (("tests",), ("shared", "functions")))
    return tests / code


def _lines_under(tree: Sequence[Source], *folders: str) -> int:
    return sum(len(code_lines(source)) for source in tree if source.is_python and source.under(*folders))


def _rank(values: Sequence[int], percent: int) -> int:
    """Return the nearest-rank percentile of sorted values, 0 where there are none."""
    return values[max(0, -(-percent * len(values) // 100) - 1)] if values else 0


def _ranks(values: Sequence[int]) -> tuple[int, int]:
    return _rank(values, 50), _rank(values, 90)


def _over(values: Collection[int]) -> tuple[int]:
    return (sum(value > MOST_FUNCTION_LINES for value in values),)


def main() -> int:
    for figure in figures(list(sources(ROOT))):
        print(f"{figure.name:<54} {figure.value:>10}   goal {figure.goal}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
