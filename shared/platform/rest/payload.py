"""The body: rows or arguments as JSON text that Postgres reads, with the columns it names."""

import msgspec


class JsonPayload(msgspec.Struct, frozen=True):
    """`text` is one object, or an array of objects that have the same keys unless `columns` was given.

    A CSV or form body has become one too. What is neither object nor array was turned into an empty array.
    """

    text: str
    columns: tuple[str, ...]
    """Its keys, or the query's `columns` where these are given; sorted."""
    is_array: bool


class FormPayload(msgspec.Struct, frozen=True):
    """Arguments of a function as a form sent them, in their order; a variadic one repeats."""

    arguments: tuple[tuple[str, str], ...]


class RawPayload(msgspec.Struct, frozen=True):
    """What a function's single unnamed argument takes: text/plain, text/xml or octets."""

    data: bytes
    content_type: str


Payload = JsonPayload | FormPayload | RawPayload
