"""The closed list of error codes, read from docs/errors.md, which defines their meaning."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs/errors.md"
ACCOUNTS = "\n## People's accounts\n"
"""After this heading the page is about /auth/v1, whose refusals are Supabase Auth's."""
FILES = "\n## Files under /storage/v1\n"
"""After this heading it is about /storage/v1, whose refusals are Supabase Storage's."""
_ROW = re.compile(r"^\| `(?P<code>[a-z_]+)` \| (?P<status>\d{3}) \| (?P<when>.+?) \| (?P<do>.+?) \|$", re.MULTILINE)


class Code(NamedTuple):
    code: str
    status: int
    when: str
    do: str


@cache
def documented() -> dict[str, Code]:
    """Return the documented codes by name.

    Raises:
        ValueError: if a code is listed twice.
    """
    ours, _, _ = PAGE.read_text(encoding="utf-8").partition(ACCOUNTS)
    rows = [Code(row["code"], int(row["status"]), row["when"], row["do"]) for row in _ROW.finditer(ours)]
    found = {row.code: row for row in rows}
    if len(found) != len(rows):
        raise ValueError(f"{PAGE.name}: a code stands twice")
    return found
