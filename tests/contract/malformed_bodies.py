"""Bodies that are not JSON, or too large."""

JSON = {"Content-Type": "application/json"}
TEN_MEGABYTES = 10 * 1024 * 1024
MALFORMED = {
    "broken": b'{"a": ',
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "nested 100,000 deep": b"[" * 100_000,
    "nested and closed": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a lone surrogate": rb'{"a": "\ud800"}',
    "two documents": b"{} {}",
    "a comment": b'{"a": 1} // one',
    "single quotes": b"{'a': 1}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NUL": b"\x00",
}
