"""`python -m infra.lint.commits`: the subjects of the commits that are not on main yet, or not in a release.

Where there is neither, those since this check came are read. Without git, and in an unpacked archive, it reads nothing
and says so.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from .style import VERBS

ROOT = Path(__file__).parents[2]
CHECK = "infra/lint/commits.py"
MOST_SUBJECT = 72
MERGE = re.compile(r"Merge (?:branch|pull request|remote-tracking branch|tag|commit|[0-9a-f]{7,} into)\b")
REVERT = re.compile(r'Revert "')
WORD = re.compile(r"[A-Z][a-z]+(?:-[a-z]+)?(?= )")
VERBS_IN_ED_OR_ING = frozenset({"bring", "embed", "feed", "need", "ping", "seed", "speed", "spring", "string"})
NO_VERBS = frozenset(
    """
    a after all an and another any as at before both by each every first for from her his how if in into its last less
    minor more most neither new no none nor not of on one only or other our over same several small so some that the
    their then there these they this those to tests two until various we what when where which while who whose why wip
    with without your
    """.split()  # noqa: SIM905  (a list of so many would take as many lines)
)
"""First words of a subject that are no imperative, beside those that end in -ed or -ing."""

ON_MAIN = frozenset({"Write outputs and comments of infra, bench and REST plainly, and name values by nouns"})
"""Subjects that were merged without the check, and cannot be changed any more."""


def faults(subject: str) -> Iterator[str]:
    """Yield what is wrong with a subject."""
    if MERGE.match(subject) or REVERT.match(subject) or subject in ON_MAIN:
        return
    if len(subject) > MOST_SUBJECT:
        yield f"{len(subject)} characters, {MOST_SUBJECT} at most"
    word = WORD.match(subject)
    if word is None or not _is_imperative(word[0].lower()):
        yield "begin with a verb in the imperative, such as Add or Return"


def subjects(root: Path) -> list[str] | None:
    """Return the subjects to read, newest first; None outside a git repository of this tree's own."""
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top.strip()).resolve() != root.resolve():
        return None
    base = _base(root)
    log = _git(root, "log", "--no-merges", "--format=%s", f"{base}..HEAD") if base else ""
    return (log or "").splitlines()


def _is_imperative(word: str) -> bool:
    return word in VERBS | VERBS_IN_ED_OR_ING or not (word.endswith(("ed", "ing")) or word in NO_VERBS)


def _base(root: Path) -> str | None:
    """Return the commit after which subjects are read; None in a clone too shallow to know it."""
    release = _git(root, "describe", "--tags", "--abbrev=0")
    for candidate in ("origin/main", (release or "").strip()):
        if candidate and _git(root, "merge-base", "HEAD", candidate) is not None:
            return candidate
    first = (_git(root, "log", "--diff-filter=A", "--format=%H", "--", CHECK) or "").split()
    return first[-1] if first else None


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git prints, None where it fails or is missing."""
    try:
        run = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return run.stdout if run.returncode == 0 else None


def check(read: Sequence[str] | None) -> int:
    """Print the faults, or that there was nothing to read; return the exit code."""
    if read is None:
        print("Commit subjects: not checked, this is no git repository.")
        return 0
    found = [f"{subject!r}: {fault}" for subject in read for fault in faults(subject)]
    print(*found, sep="\n", end="\n" if found else "")
    print(f"Commit subjects: {len(found) or 'no'} findings in {len(read)} commits.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(check(subjects(ROOT)))
