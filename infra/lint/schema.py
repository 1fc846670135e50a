"""Lints for the database's schema: names of migrations, and the size and the files of routines."""

import re
from collections.abc import Iterator
from datetime import datetime

from .source import Finding, Source
from .style import VERBS, begins_with_a_verb

LAST_NUMBERED = {"nexus": 172, "platform": 12}
"""The last numbers; later migrations are named by time."""
TIME = "%Y%m%d%H%M"
MOST_COLUMNS = 120
MOST_ROUTINE_LINES = 50
ONLY_RETURNS = re.compile(r"\b(?:stable|immutable)\b", re.IGNORECASE)
NOUNS = frozenset(
    {
        "auth.access_token_claims",  # the claims of a token, which a hook of the project may change
        "app.id_by_arrival",  # another id at each call
    }
)
"""Routines that return a value and change nothing, though they are neither stable nor immutable."""
CREATES = re.compile(
    r"^\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\s+(\w+\.\w+)", re.IGNORECASE | re.MULTILINE
)
READS_BODY = re.compile(r"\bconvert_from\s*\(\s*(?:\w+\.)?body\b", re.IGNORECASE)
CARRIES = re.compile(r"^-- Carries (\w+\.\w+)\.$", re.MULTILINE)


def migrations_are_named_by_time(source: Source) -> Iterator[Finding]:
    """Find new migrations that are not named by time: two branches would take the same number."""
    if not _is_migration(source):
        return
    prefix = source.path.name.partition("_")[0]
    is_old = _is_numbered(source) and int(prefix) <= LAST_NUMBERED[source.path.parent.name]
    if not is_old and not _is_time(prefix):
        yield source.finding(1, "name it by the time of writing: YYYYMMDDHHMM_subject.sql")


def migrations_say_what_they_carry(source: Source) -> Iterator[Finding]:
    """Find migrations that create a routine and do not say so: its text belongs in its own file."""
    if not _is_migration(source) or _is_numbered(source):
        return
    created, carried = set(CREATES.findall(source.text)), set(CARRIES.findall(source.text))
    for name in sorted(created ^ carried):
        yield source.finding(1, f"say `-- Carries {name}.` if and only if this needs the routine's text of today")


def routines_are_short(source: Source) -> Iterator[Finding]:
    """Find routines with too many lines: those up to the next statement that are neither blank nor a comment."""
    if not source.under("infra/schema"):
        return
    for number, text in enumerate(source.text.splitlines(), 1):
        if len(text) > MOST_COLUMNS:
            yield source.finding(number, f"{len(text)} columns, {MOST_COLUMNS} at most")
    for name, line, length in routine_lengths(source.text):
        if length > MOST_ROUTINE_LINES:
            yield source.finding(line, f"{name} has {length} lines, {MOST_ROUTINE_LINES} at most: give its parts names")


def routines_stand_in_their_files(source: Source) -> Iterator[Finding]:
    """Find files without the name of their routine, or without a first comment about it."""
    if not source.under("infra/schema") or source.path.suffix != ".sql":
        return
    names = {name.partition(".")[2] for name, _, _ in routine_lengths(source.text)}
    if names != {source.path.stem}:
        yield source.finding(
            1, f"this file holds {', '.join(sorted(names)) or 'no routine'}: one file for each routine"
        )
    comment = source.text.partition("\n")[0].removeprefix("-- ")
    if comment == source.text.partition("\n")[0] or not begins_with_a_verb(comment):
        yield source.finding(1, "begin with a comment that says what the routine does: Return, Refuse, Record ...")


def routines_are_named_by_verbs(source: Source) -> Iterator[Finding]:
    """Find routines that may change something and whose name does not begin with a verb."""
    if not source.under("infra/schema") or source.path.suffix != ".sql" or ONLY_RETURNS.search(_head(source.text)):
        return
    for name, line, _ in routine_lengths(source.text):
        if name not in NOUNS and name.partition(".")[2].partition("_")[0] not in VERBS:
            yield source.finding(line, f"{name} may change something: begin its name with a verb")


def routine_lengths(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each routine's name, its first line and its number of code lines."""
    starts = list(CREATES.finditer(text))
    for start in starts:
        end = _end(text, start.start())
        lines = text[start.start() : end].strip().splitlines()
        code = [line for line in lines if line.strip() and not line.lstrip().startswith("--")]
        yield start[1], text.count("\n", 0, start.start()) + 1, len(code)


def bodies_stay_bytes(source: Source) -> Iterator[Finding]:
    """Find statements that read a stored body as text: senders choose its bytes, and one that is no UTF-8 ends them."""
    if source.under("infra/lint", "tests/infra"):
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        if READS_BODY.search(line):
            yield source.finding(number, "a stored body may be no UTF-8: compare bytes, position(%s in body) > 0")


def _head(text: str) -> str:
    """Return the first statement of a file up to the body of the routine."""
    create = CREATES.search(text)
    return re.split(r"\$\w*\$|^return\b|^begin atomic$", text[create.start() if create else 0 :], flags=re.MULTILINE)[0]


def _end(text: str, start: int) -> int:
    """Return where the statement ends: at the semicolon that closes a line outside dollar quotes and atomic blocks."""
    is_quoted = is_atomic = False
    for match in re.finditer(r"\$\w*\$|^begin atomic$|^end;$|;$", text[start:], re.MULTILINE):
        if match[0].startswith("$"):
            is_quoted = not is_quoted
        elif match[0] == "begin atomic":
            is_atomic = True
        elif not is_quoted and (not is_atomic or match[0] == "end;"):
            return start + match.end()
    return len(text)


def _is_migration(source: Source) -> bool:
    return source.under("infra/migrations") and source.path.suffix == ".sql"


def _is_numbered(source: Source) -> bool:
    return re.match(r"\d{4}_", source.path.name) is not None


def _is_time(prefix: str) -> bool:
    try:
        return datetime.strptime(prefix, TIME).strftime(TIME) == prefix  # noqa: DTZ007  a name has no zone
    except ValueError:
        return False
