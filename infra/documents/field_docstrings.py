"""Docstrings below the fields of structs: what a field of an answer means."""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from textwrap import dedent
from typing import Any, cast, get_args, get_type_hints

import msgspec


def field_docstrings(kind: Any) -> dict[str, dict[str, str]]:
    """Return the docstrings by field, as it is encoded, for each struct by its name: `kind` and those within it."""
    return {struct.__name__: dict(_docstrings(struct)) for struct in _structs(kind, set())}


def _structs(kind: Any, seen: set[type[msgspec.Struct]]) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
        seen.add(kind)
        yield kind
        for field in get_type_hints(kind).values():
            yield from _structs(field, seen)
    for part in get_args(kind):
        yield from _structs(part, seen)


def _docstrings(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    encoded = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    for owner in reversed(struct.__mro__):
        if issubclass(owner, msgspec.Struct) and owner is not msgspec.Struct:
            yield from ((encoded[name], text) for name, text in _declared(owner))


def _declared(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    definition = cast("ast.ClassDef", ast.parse(dedent(inspect.getsource(struct))).body[0])
    for field, following in pairwise(definition.body):
        match field, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text).replace("\n", " ")
