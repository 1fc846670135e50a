"""Where tests are: every function has its file, and a file of a room is called after a module or room that exists."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from .source import Finding, Source

TESTS = PurePosixPath("tests")
FUNCTIONS = TESTS / "functions"
FOLDERS = frozenset(
    """
    attack bench clients conformance contract faults functions infra races schema shared
    """.split()  # noqa: SIM905  (one a line would take a screen)
)
"""The folders of test modules; `support` and `fixtures` hold what tests use."""
MIRRORED = frozenset({"infra", "shared"})


def functions_have_tests(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find functions without `tests/functions/test_<name>.py`, which may be in a folder of the function's name."""
    paths = {source.path for source in sources}
    for name in sorted(_functions(sources)):
        file = f"test_{name}.py"
        if not {FUNCTIONS / file, FUNCTIONS / name / file} & paths:
            yield Finding(PurePosixPath("functions", name, "main.py"), 1, f"no tests: write {FUNCTIONS / file}")


def tests_are_named_after_code(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find test modules in no known folder, and those named after no function, room or module."""
    functions, names = _functions(sources), _names_by_folder(sources)
    for source in sources:
        if not (source.under("tests") and source.is_python and source.path.name.startswith("test_")):
            continue
        folder = source.path.relative_to(TESTS).parent
        top = folder.parts[0] if folder.parts else ""
        if top not in FOLDERS:
            yield source.finding(1, f"no folder of tests: {', '.join(sorted(FOLDERS))} are")
        elif top == "functions" and not _is_of_a_function(source.path, functions):
            yield source.finding(1, "begins with the name of no function, and its folder is named after none")
        elif top in MIRRORED and not _is_after(source.path, names.get(folder, frozenset())):
            yield source.finding(1, f"begins with the name of no room or module in {folder}")


def _functions(sources: Sequence[Source]) -> frozenset[str]:
    return frozenset(
        source.path.parts[1] for source in sources if source.under("functions") and source.path.name == "main.py"
    )


def _is_of_a_function(path: PurePosixPath, functions: frozenset[str]) -> bool:
    if path.parent == FUNCTIONS:
        return _is_after(path, functions)
    return path.parent.parent == FUNCTIONS and path.parent.name in functions


def _names_by_folder(sources: Sequence[Source]) -> Mapping[PurePosixPath, frozenset[str]]:
    """Return the names of a folder's modules and rooms, and the folder's own, by folder."""
    names: dict[PurePosixPath, set[str]] = {}
    for source in sources:
        if source.under(*MIRRORED):
            names.setdefault(source.path.parent, {source.path.parent.name}).add(source.path.stem)
            for folder in source.path.parents[:-2]:
                names.setdefault(folder.parent, {folder.parent.name}).add(folder.name)
    return {folder: frozenset(found) for folder, found in names.items()}


def _is_after(path: PurePosixPath, names: frozenset[str]) -> bool:
    """Return whether a test module is called after one of these names, alone or with a subject behind it."""
    words = path.stem.removeprefix("test_").split("_")
    return any("_".join(words[:count]) in names for count in range(1, len(words) + 1))
