"""Words: names that say nothing, and text that ties the repository to one machine or one package host."""

import re
from collections.abc import Iterator

from .source import Finding, Source

SAYS_NOTHING = frozenset({"utils", "util", "helpers", "helper", "common", "base", "misc"})
OF_A_MACHINE = re.compile(r"(?<![\w.])/(?:root|home/[\w.-]+|Users/[\w.-]+|work)/")
OF_A_HOST = re.compile(
    r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|proxy\.golang\.org)\b"
    r"|--(?:extra-)?index-url\b|--find-links\b|--trusted-host\b"
)


def names_say_something(source: Source) -> Iterator[Finding]:
    """A helper lives beside its one caller; what two rooms call moves to the lowest room that owns its noun."""
    for part in (*source.path.parts[:-1], source.path.stem):
        if source.is_python and part in SAYS_NOTHING:
            yield source.finding(1, f"a module called {part} says nothing: name it after what it knows")


def ties_to_nothing(source: Source) -> Iterator[Finding]:
    """A clone works anywhere: no path of somebody's machine, no package host but the one that the machine is set to."""
    if source.path.name == "words.py" and source.under("infra/lint"):
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        for pattern in (OF_A_MACHINE, OF_A_HOST):
            if told := pattern.search(line):
                yield source.finding(number, f"{told[0]!r} ties the repository to a machine or a host: leave it out")
