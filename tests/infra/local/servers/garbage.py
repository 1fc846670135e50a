"""Requests that make little sense: pieces of right ones in wrong places, with all sorts of characters between."""

from random import Random
from urllib.parse import quote

from shared.platform.rest.request import Incoming

_METHODS = [*["GET"] * 9, *["POST"] * 4, "HEAD", "HEAD", "PATCH", "PATCH", "DELETE", "DELETE", "PUT", "OPTIONS", "get"]
_COLUMNS = ["id", "title", "author_id", "facts", "tags", "pages", "kind", "name"]
_PATHS = ["/books", "/books", "/authors", "/loans", "/long_books", "/rpc/add", "/rpc/who", "/rpc/lend", "/", "/nothing"]
_NAMES = [
    "id",
    "title",
    "author_id",
    "authors",
    "books",
    "loans",
    "facts",
    "tags",
    "pages",
    "a",
    "b",
    "*",
    "ctid",
    '"x"',
]
_PARAMETERS = ["select", "order", "limit", "offset", "columns", "on_conflict", "and", "or", "not.and", "authors.limit"]
_OPERATORS = [
    "eq.", "neq.", "gt.", "like.", "ilike.", "match.", "in.(", "is.", "not.", "cs.", "cd.", "ov.", "sl.", "adj.",
    "fts.", "plfts(english).", "fts(simple).", "isdistinct.", "like(any).{", "eq(all).{", "imatch.",
]  # fmt: skip
_SHAPES = [
    "(",
    ")",
    ",",
    ".",
    ":",
    "::",
    "->",
    "->>",
    "!inner",
    "!left",
    "...",
    "()",
    "sum()",
    "count()",
    ".max()",
    "{",
    "}",
]
_VALUES = [
    "1", "-1", "0", "1.5", "1e400", "9" * 30, "null", "NULL", "true", "", " ", "*", "%", "'", '"', "\\", "\0", "\n",
    "é", "\u200f", "😀", "2024-01-01", "infinity", "[1,2)", "{1,2}", "{", "}", '{"a":1}', "text", "int4", "regclass",
    "pg_sleep(1)", "';--", "$1", "%(x)s", "asc", "desc", "nullsfirst", "(((", "a" * 300,
]  # fmt: skip
_TYPES = [
    "application/json",
    "text/csv",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/octet-stream",
    "x",
]
_PREFERENCES = [
    "return=representation", "return=minimal", "return=headers-only", "count=exact", "count=planned", "count=estimated",
    "resolution=merge-duplicates", "resolution=ignore-duplicates", "missing=default", "handling=strict",
    "max-affected=1", "timezone=Africa/Cairo", "timezone=x", "tx=rollback", "x",
]  # fmt: skip
_ACCEPTED = [
    "application/json", "text/csv", "application/vnd.pgrst.object+json", "*/*", "application/openapi+json",
    "application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.plan+json", "text/html", ";q=,,",
]  # fmt: skip
_ALL = [*_NAMES, *_PARAMETERS, *_OPERATORS, *_SHAPES, *_VALUES]


def garbage(random: Random) -> Incoming:
    """Return one request; the same for the same state of `random`."""
    path = random.choice(_PATHS) if random.random() < 0.95 else f"/{quote(_soup(random, 3))}/{_soup(random, 1)}"
    return Incoming(random.choice(_METHODS), path, _query(random), _headers(random), _body(random))


def _soup(random: Random, most: int) -> str:
    return "".join(random.choices(_ALL, k=random.randint(0, most)))


def _query(random: Random) -> str:
    return "&".join(_parameter(random) for _ in range(random.randint(0, 4)))


def _parameter(random: Random) -> str:
    kind = random.random()
    if kind < 0.6:
        name, value = random.choice(_COLUMNS), _well_formed(random)
        name, value = (name, value) if random.random() < 0.6 else _asked(random)
    elif kind < 0.75:
        name = random.choice(_NAMES)
        value = random.choice(_OPERATORS) + _soup(random, 2) + random.choice(["", ")", "}"])
    elif kind < 0.9:
        name = random.choice(_PARAMETERS)
        value = ",".join(random.choice(_NAMES) + _soup(random, 3) for _ in range(random.randint(1, 3)))
    else:
        name, value = _soup(random, 3), _soup(random, 4)
    return f"{quote(name)}={quote(value)}" if random.random() < 0.9 else f"{name}{value}"


def _well_formed(random: Random) -> str:
    """Return a filter whose value may not fit its column."""
    value = random.choice(_VALUES)
    operator = random.choice(_OPERATORS)
    closing = {"(": ")", "{": "}"}.get(operator[-1], "")
    return f"{random.choice(['', '', 'not.'])}{operator}{value}{closing}"


def _asked(random: Random) -> tuple[str, str]:
    """Return a parameter that reads well, of columns and embeds that may not be there."""
    column, other = random.choices(_COLUMNS, k=2)
    cast = random.choice(["", "", "::text", "::int4", "::nothing", "->a", "->>0", ".sum()", ".max()::text"])
    embed = random.choice(["authors(*)", "authors!inner(id)", "...authors(name)", "books(id,authors())", "loans(*)"])
    return random.choice(
        [
            ("select", f"{column}{cast}"),
            ("select", f"x:{column}{cast},{embed}"),
            ("select", f"{embed},count()"),
            ("order", f"{column}{random.choice(['', '.desc', '.nullsfirst', '->a'])},authors({other})"),
            ("or", f"({column}.{_well_formed(random)},and({other}.is.null,id.gt.1))"),
            ("authors", random.choice(["is.null", "not.is.null", "eq.1"])),
            (random.choice(["limit", "offset", "authors.limit"]), random.choice(["0", "1", "-1", "9" * 25, "x"])),
            ("columns", f"{column},{other}"),
            ("on_conflict", column),
        ]
    )


def _headers(random: Random) -> tuple[tuple[str, str], ...]:
    choices = {
        "prefer": ", ".join(random.choices(_PREFERENCES, k=random.randint(1, 3))),
        "accept": random.choice(_ACCEPTED),
        "content-type": random.choice(_TYPES),
        "range": random.choice(["0-9", "9-0", "5-", "x", "-", "0-0"]),
        "accept-profile": random.choice(["library", "desk", "public", "é"]),
        "content-profile": random.choice(["library", "library", "pg_catalog"]),
        "cookie": _soup(random, 2).replace("\0", ""),
    }
    return tuple((name, value) for name, value in choices.items() if random.random() < 0.12)


def _body(random: Random) -> bytes:
    kind = random.random()
    if kind < 0.3:
        return b""
    if kind < 0.6:
        return b'[{"id":5,"title":"T","author_id":1}]' if random.random() < 0.5 else b'{"a":1,"b":2}'
    row = ",".join(
        f'"{random.choice(_NAMES[:9])}":{random.choice(["1", "null", "[]", "{}", chr(34), "true"])}' for _ in "ab"
    )
    told = f"{random.choice(['{', '[{', ''])}{row}{random.choice(['}', '}]', ''])}"
    return told.encode() if random.random() < 0.8 else _soup(random, 5).encode()
