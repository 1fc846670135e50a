"""CHECK constraints of the catalog in plain words."""

import re
from collections.abc import Callable, Collection

_Words = Callable[[re.Match[str]], str]
_JSON = {"object": "a JSON object", "array": "a JSON list"}
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_OF_OTHERS = re.compile(r"currency_decimals\(\w+\)|CASE \w+")
_GLUE = re.compile(r"CHECK|NOT VALID|AND|END|[()\s]")
_WHEN = re.compile(r"WHEN '(\w+)'::text THEN \((\w+) ([<>]+) 0\)")
_SIDES = {">": "above 0", "<": "below 0", "<>": "other than 0"}

_CLAUSES: list[tuple[str, _Words]] = [
    (r"jsonb_typeof\(\w+\) = '(\w+)'::text", lambda m: _JSON[m[1]]),
    (
        r"app\.is_readable_json\(\w+, '(\w+)'::text, (\d+), (\d+)\)",
        lambda m: f"{_JSON[m[1]]} of at most {int(m[2]) // 1024} KB and {m[3]} levels",
    ),
    (
        r"app\.is_flat_list\(\w+, (\d+), (\d+)\)",
        lambda m: f"a list of at most {m[1]} texts, each of at most {m[2]} characters",
    ),
    (r"\(length\(\w+\) >= (\d+)\) AND \(length\(\w+\) <= (\d+)\)", lambda m: f"{m[1]} to {m[2]} characters long"),
    (r"length\(\w+\) <= (\d+)", lambda m: f"at most {m[1]} characters long"),
    (r"(\w+) = btrim\(\1\)", lambda _: "without blanks at its ends"),
    (r"\w+ !~ '\[\\u0001-\\u001f\\u007f\]'::text", lambda _: "without control characters"),
    (r"\w+ ~ '\^\[\^\[:space:\]@\]\+@\[\^\[:space:\]@\]\+\$'::text", lambda _: "an e-mail address"),
    (r"\w+ ~ '\^\\\+\[1-9\]\[0-9\]\{6,14\}\$'::text", lambda _: "a number in E.164: a plus and 7 to 15 digits"),
    (r"\w+ ~ '\^#\[0-9a-fA-F\]\{6\}\$'::text", lambda _: "a colour as CSS writes it: #rrggbb"),
    (r"\w+ ~ '\^\[A-Z\]\{(\d)\}\$'::text", lambda m: f"{m[1]} capital letters"),
    (r"\w+ ~\* '\^https\?://\[\^\[:space:\]/\]'::text", lambda _: "an address that begins with http:// or https://"),
    (r"\(\w+ >= (\d+)\) AND \(\w+ <= (\d+)\)", lambda m: f"{m[1]} to {m[2]}"),
    (r"\w+ >= \(?(\d+)(?:\)::numeric)?", lambda m: f"at least {m[1]}"),
    (r"\w+ < \('(\d+)'::bigint\)::numeric", lambda m: f"below {m[1]}"),
    (r"\(?\w+ >= '(\d{4})-01-01 [^']*'::timestamp with time zone\)?", lambda m: f"in the year {m[1]} or later"),
    (r"\w+ < '(\d{4})-01-01 [^']*'::timestamp with time zone", lambda m: f"before the year {m[1]}"),
    (r"(\w+) = round\(\1, app\.currency_decimals\(\w+\)\)", lambda _: "rounded to the decimals of the currency"),
    (r"app\.is_time_zone\(\w+\)", lambda _: "a time zone, such as Africa/Cairo"),
    (r"\w+ = ANY \(ARRAY\[([^]]*)\]\)", lambda m: f"one of {_listed(m[1])}"),
    (r"CASE (\w+) (WHEN .*)ELSE \(\w+ ([<>]+) 0\)", lambda m: _by_case(m)),  # noqa: PLW0108
]
_KNOWN = [(re.compile(pattern), words) for pattern, words in _CLAUSES]


def in_words(rule: str) -> str | None:
    """Put the rule into words; return None if one of its parts has no words."""
    whole = left = " ".join(rule.split())
    found: list[tuple[int, str]] = []
    for pattern, words in _KNOWN:
        found += [(whole.find(match[0]), words(match)) for match in pattern.finditer(left)]
        left = pattern.sub("", left)
    if _GLUE.sub("", left) or not found:
        return None
    return ", ".join(dict.fromkeys(words for _, words in sorted(found)))


def columns_of(rule: str, columns: Collection[str]) -> list[str]:
    """Return the columns that the rule bounds, in order, without those that only choose the bound."""
    named = re.findall(r"\w+", _OF_OTHERS.sub("", _QUOTED.sub("", rule)))
    return list(dict.fromkeys(name for name in named if name in columns))


def _listed(array: str) -> str:
    return ", ".join(text[1:-1] for text in _QUOTED.findall(array))


def _by_case(match: re.Match[str]) -> str:
    cases = [f"{_SIDES[side]} where {match[1]} is {value}" for value, _, side in _WHEN.findall(match[2])]
    return ", ".join([*cases, f"else {_SIDES[match[3]]}"])
