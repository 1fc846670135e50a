"""Relationships from foreign keys: inverses, those of views, and many-to-many through a table between.

All rules are PostgREST's, because they decide which embeds are ambiguous.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from msgspec.structs import replace

from shared.platform.rest.schema import Cardinality, Junction, Name, Relationship, Table

from .rows import KeyRow

Shown = Mapping[Name, Mapping[tuple[int, int], tuple[str, ...]]]
"""For each view, the names under which it shows a table's column (oid and number)."""

Pairs = tuple[tuple[str, str], ...]
_ORDER = (Cardinality.ONE_TO_MANY, Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_ONE, Cardinality.MANY_TO_MANY)


def relationships(
    tables: Mapping[Name, Table], keys: Sequence[KeyRow], shown: Shown, computed: Iterable[Relationship]
) -> dict[Name, tuple[Relationship, ...]]:
    """Return the relationships by source, in a stable order; both ends and a table between are exposed."""
    owned = [relationship for key in keys if key.kind == "f" for relationship in _of_key(key, keys, shown)]
    found = [*owned, *_many_to_many(tables, owned), *(_inverse(relationship) for relationship in owned)]
    by_ends: dict[tuple[Name, Name], list[Relationship]] = defaultdict(list)
    for relationship in found:
        by_ends[relationship.source, relationship.target].append(relationship)
    # A function with the target's name replaces the relationships of the keys.
    by_ends |= {
        (relationship.source, relationship.function): [relationship]
        for relationship in computed
        if relationship.function is not None
    }
    by_source: dict[Name, list[Relationship]] = defaultdict(list)
    for (source, _), between in by_ends.items():
        by_source[source] += [relationship for relationship in between if _is_exposed(tables, relationship)]
    return {source: tuple(sorted(among, key=_rank)) for source, among in by_source.items() if among}


def primary_key(view: Name, keys: Sequence[KeyRow], shown: Shown) -> tuple[str, ...]:
    """Return the columns by which a view shows the whole key of a table below it."""
    columns = shown.get(view, {})
    return tuple(
        columns[key.table, number][0]
        for key in keys
        if key.kind == "p" and all((key.table, number) in columns for number in key.numbers)
        for number in key.numbers
    )


def _of_key(key: KeyRow, keys: Sequence[KeyRow], shown: Shown) -> Iterator[Relationship]:
    """Yield the key's own relationship, and those of every pair of a table or view at its ends."""
    if key.target is None or key.target_name is None:
        return
    unique = any(
        other.kind != "f" and other.table == key.table and set(other.columns) == set(key.columns) for other in keys
    )
    sources = [(key.table_name, key.columns, False), *_views(shown, key.table, key.numbers)]
    targets = [(key.target_name, key.target_columns, False), *_views(shown, key.target, key.target_numbers)]
    for (source, own, source_is_view), (target, other, target_is_view) in product(sources, targets):
        yield Relationship(
            source=source,
            target=target,
            cardinality=Cardinality.ONE_TO_ONE if unique else Cardinality.MANY_TO_ONE,
            constraint=key.name,
            columns=tuple(zip(own, other, strict=True)),
            source_is_view=source_is_view,
            target_is_view=target_is_view,
        )


def _views(shown: Shown, table: int, numbers: Sequence[int]) -> Iterator[tuple[Name, tuple[str, ...], bool]]:
    """Yield views that show all these columns; a view that shows a column twice comes twice."""
    for view, columns in shown.items():
        for names in product(*(columns.get((table, number), ()) for number in numbers)):
            yield view, names, True


def _inverse(of: Relationship) -> Relationship:
    cardinality = Cardinality.ONE_TO_MANY if of.cardinality is Cardinality.MANY_TO_ONE else of.cardinality
    return replace(
        of,
        source=of.target,
        target=of.source,
        cardinality=cardinality,
        columns=_turned(of.columns),
        owns_key=False,
        source_is_view=of.target_is_view,
        target_is_view=of.source_is_view,
    )


def _many_to_many(tables: Mapping[Name, Table], owned: Iterable[Relationship]) -> Iterator[Relationship]:
    """Yield relationships through a table whose primary key holds the columns of both its foreign keys."""
    by_junction: dict[Name, list[Relationship]] = defaultdict(list)
    for relationship in owned:
        if relationship.cardinality is Cardinality.MANY_TO_ONE and relationship.source in tables:
            by_junction[relationship.source].append(relationship)
    for between, keys in by_junction.items():
        primary = set(tables[between].primary_key)
        within = [key for key in keys if {own for own, _ in key.columns} <= primary]
        for near, far in product(within, within):
            if near.constraint != far.constraint:
                yield _through(between, near, far)


def _through(between: Name, near: Relationship, far: Relationship) -> Relationship:
    junction = Junction(
        table=between,
        source_constraint=near.constraint or "",
        target_constraint=far.constraint or "",
        source_columns=_turned(near.columns),
        target_columns=_turned(far.columns),
    )
    return Relationship(
        source=near.target,
        target=far.target,
        cardinality=Cardinality.MANY_TO_MANY,
        junction=junction,
        owns_key=False,
        source_is_view=near.target_is_view,
        target_is_view=far.target_is_view,
    )


def _turned(pairs: Pairs) -> Pairs:
    return tuple((other, own) for own, other in pairs)


def _is_exposed(tables: Mapping[Name, Table], relationship: Relationship) -> bool:
    return (
        relationship.source in tables
        and relationship.target in tables
        and (relationship.junction is None or relationship.junction.table in tables)
    )


def _rank(relationship: Relationship) -> tuple[object, ...]:
    junction = relationship.junction
    through = (junction.table, junction.source_constraint, junction.target_constraint) if junction is not None else ()
    cardinality = _ORDER.index(relationship.cardinality)
    return (
        relationship.function is not None,
        relationship.target,
        cardinality,
        relationship.constraint or "",
        through,
        relationship.columns,
    )
