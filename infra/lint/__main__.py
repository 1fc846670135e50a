"""The house lints over the whole repository; the exit code says whether there was a finding.

`--shrink` only takes files off the list of exceptions.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import boundaries, exceptions, layout, refusals, rooms, schema, sizes, words
from .source import Finding, Lint, Source, TreeLint, sources

ROOT = Path(__file__).parents[2]
LINTS: tuple[Lint, ...] = (
    boundaries.sql_in_queries,
    boundaries.queries_are_constants,
    boundaries.environment_in_settings,
    boundaries.connections_in_runtime,
    boundaries.broad_except_in_edge,
    boundaries.functions_stand_alone,
    boundaries.names_of_imports_are_seen,
    boundaries.rooms_re_export_nothing,
    sizes.sizes,
    sizes.documented,
    schema.migrations_are_named_by_time,
    schema.migrations_say_what_they_carry,
    schema.routines_are_short,
    schema.routines_stand_in_their_files,
    schema.routines_are_named_by_verbs,
    schema.bodies_stay_bytes,
    words.modules_are_nouns,
    words.names_are_exact,
    words.docstrings_begin_with_a_verb,
    words.test_names_are_plain,
    words.ties_to_nothing,
)
TREE_LINTS: tuple[TreeLint, ...] = (
    layout.functions_have_tests,
    layout.tests_are_named_after_code,
    rooms.migrations_are_named_once,
    rooms.rooms_are_packages,
    rooms.tables_have_one_owner,
    rooms.routines_have_one_owner,
    rooms.aliases_name_functions,
    refusals.refusals_are_declared,
)


def findings(tree: list[Source], excepted: exceptions.Exceptions) -> Iterator[Finding]:
    """Yield what the lints find outside the excepted files."""
    for source in tree:
        for lint in LINTS:
            if exceptions.key(lint, source) not in excepted:
                yield from lint(source)
    for tree_lint in TREE_LINTS:
        yield from tree_lint(tree)


def needed(tree: Iterable[Source], excepted: exceptions.Exceptions) -> exceptions.Exceptions:
    """Return the exceptions that still have a finding."""
    return frozenset(
        key
        for source in tree
        for lint in LINTS
        if (key := exceptions.key(lint, source)) in excepted and any(lint(source))
    )


def main(arguments: list[str]) -> int:
    tree = list(sources(ROOT))
    excepted = exceptions.load()
    if arguments == ["--shrink"]:
        exceptions.save(needed(tree, excepted))
        return 0
    found = sorted(findings(tree, excepted), key=str)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"House lints: {len(found) or 'no'} findings in {len(tree)} files, {len(excepted)} exceptions.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
