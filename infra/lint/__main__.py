"""Runs every house lint over the repository; the exit code says whether there was anything to find."""

import sys
from collections.abc import Iterator
from pathlib import Path

from . import boundaries, rooms, schema, sizes, words
from .source import Finding, Lint, Source, TreeLint, sources

ROOT = Path(__file__).parents[2]
LINTS: tuple[Lint, ...] = (
    boundaries.sql_in_queries,
    boundaries.environment_in_settings,
    boundaries.connections_in_runtime,
    boundaries.broad_except_in_edge,
    boundaries.functions_stand_alone,
    boundaries.rooms_re_export_nothing,
    sizes.sizes,
    sizes.documented,
    schema.migrations_are_named_by_time,
    schema.migrations_say_what_they_carry,
    schema.routines_are_short,
    schema.routines_stand_in_their_files,
    words.names_say_something,
    words.ties_to_nothing,
)
TREE_LINTS: tuple[TreeLint, ...] = (
    rooms.migrations_are_named_once,
    rooms.rooms_are_packages,
    rooms.tables_have_one_owner,
    rooms.routines_have_one_owner,
)


def findings(found: list[Source]) -> Iterator[Finding]:
    for source in found:
        for lint in LINTS:
            yield from lint(source)
    for tree_lint in TREE_LINTS:
        yield from tree_lint(found)


def main() -> int:
    found = list(sources(ROOT))
    told = sorted(findings(found), key=str)
    print(*told, sep="\n", end="\n" if told else "")
    print(f"House lints: {len(told) or 'no'} findings in {len(found)} files.")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
