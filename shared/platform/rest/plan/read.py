"""The tree of a read: columns, conditions and orders of a table, and of everything embedded in its rows."""

from itertools import chain, count

from msgspec.structs import replace

from shared.platform.rest import errors, resolve
from shared.platform.rest.query import (
    Aggregate,
    Condition,
    Field,
    Filter,
    OrderTerm,
    Page,
    Path,
    Query,
    Selected,
    SelectedField,
    SelectedRelation,
)
from shared.platform.rest.schema import Relationship, SchemaCache, Table
from shared.platform.rest.settings import RestSettings

from .model import Compared, FieldPath, Joined, Node, Order, Output, Related, Star, Test
from .scope import Scope, Value, named, scope_of

_JSON = frozenset({"json", "jsonb"})
_VECTOR = "tsvector"


def read_table(cache: SchemaCache, settings: RestSettings, table: Table, query: Query, page: Page) -> Node:
    """Plan a page of the table's rows.

    Raises:
        RestRefusal: PGRST108, 118, 120, 123, 200, 201, or 42703 for a column that does not exist.
    """
    tree = _Tree(cache, settings, settings.max_rows)
    node = tree.top(table, query, scope_of(query))
    return replace(node, limit=at_most(page.limit, settings.max_rows), offset=page.offset)


def read_called(cache: SchemaCache, settings: RestSettings, table: Table, query: Query, page: Page) -> Node:
    """Plan a page of the rows that a function returned."""
    return replace(read_table(cache, settings, table, query, page), from_source=True)


def read_written(cache: SchemaCache, settings: RestSettings, table: Table, query: Query) -> Node:
    """Plan the rows that a change wrote: all of them, in any order."""
    scope = scope_of(query)
    below = Scope(_below(scope.filters), _below(scope.orders), _below(scope.pages))
    return replace(_Tree(cache, settings, None).top(table, query, below), from_source=True)


def conditions(table: Table, query: Query) -> tuple[Test, ...]:
    """Return the top's filters, to which a change is limited."""
    return tuple(_test(table, (), condition) for condition in scope_of(query).own_filters)


def at_most(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _below(parameters: tuple[tuple[Path, Value], ...]) -> tuple[tuple[Path, Value], ...]:
    return tuple((path, value) for path, value in parameters if path)


class _Tree:
    def __init__(self, cache: SchemaCache, settings: RestSettings, max_rows: int | None) -> None:
        self._cache = cache
        self._settings = settings
        self._max_rows = max_rows
        self._numbers = count()

    def top(self, table: Table, query: Query, scope: Scope) -> Node:
        return self._node(table, query.select, scope)

    def _node(
        self,
        table: Table,
        select: tuple[Selected, ...],
        scope: Scope,
        wanted: SelectedRelation | None = None,
        relationship: Relationship | None = None,
    ) -> Node:
        alias = f"r{next(self._numbers)}"
        relations = tuple(item for item in select if isinstance(item, SelectedRelation))
        fields = tuple(item for item in select if isinstance(item, SelectedField))
        children = tuple(
            self._child(table, relation, below)
            for relation, below in zip(relations, scope.below(relations), strict=True)
        )
        return Node(
            alias=alias,
            of=table,
            relationship=relationship,
            key=wanted.key if wanted else "",
            inner=wanted is not None and wanted.join == "inner",
            spread=wanted is not None and wanted.spread,
            outputs=_bare_count(table, select)
            or tuple(chain.from_iterable(self._outputs(table, field) for field in fields)),
            where=tuple(_test(table, relations, condition) for condition in scope.own_filters),
            orders=tuple(_order(table, relations, children, order) for order in scope.own_orders),
            limit=at_most(scope.own_page.limit, self._max_rows),
            offset=scope.own_page.offset,
            children=children,
        )

    def _child(self, parent: Table, wanted: SelectedRelation, scope: Scope) -> Node:
        relationship = resolve.relationship(self._cache, parent.name, wanted)
        table = self._cache.tables[relationship.target]
        return self._node(table, wanted.select, scope, wanted, relationship)

    def _outputs(self, table: Table, wanted: SelectedField) -> tuple[Output | Star, ...]:
        if wanted.aggregate is not None and not self._settings.aggregates:
            raise errors.aggregates_off()
        whole = wanted.field.name == "*" and not wanted.field.steps
        if whole and wanted.aggregate is None:
            return _star(table)
        only = Output(
            alias=wanted.alias or _alias(wanted.field, wanted.aggregate),
            field=None if whole else _path(table, wanted.field),
            cast=wanted.cast,
            aggregate=wanted.aggregate,
            aggregate_cast=wanted.aggregate_cast,
        )
        return (only,)


def _star(table: Table) -> tuple[Output | Star, ...]:
    """Return all columns, or only the readable ones where the table has others."""
    readable = [name for name in table.columns if name not in table.unreadable]
    if not readable or not table.unreadable:
        return (Star(),)
    return tuple(Output(name, _path(table, Field(name))) for name in readable)


def _bare_count(table: Table, select: tuple[Selected, ...]) -> tuple[Output, ...]:
    """Return a count for `select=count` alone, the form before aggregates, unless a column has that name."""
    match select:
        case (SelectedField(field=Field(name="count", steps=()), aggregate=None) as only,):
            if "count" not in table.columns and "count" not in table.computed:
                return (Output(only.alias or "count", None, aggregate=Aggregate.COUNT, aggregate_cast=only.cast),)
    return ()


def _test(table: Table, relations: tuple[SelectedRelation, ...], wanted: Filter) -> Test:
    if not isinstance(wanted, Condition):
        members = tuple(_test(table, relations, member) for member in wanted.members)
        return Joined(wanted.connective, members, wanted.negated)
    child = named(relations, wanted.field.name) if not wanted.field.steps else None
    if child is None:
        return _compared(table, wanted)
    if wanted.operator != "is" or wanted.value not in ("null", "not_null"):
        raise errors.embed_filter(wanted.field.name)
    return Related(child, negated=(wanted.value == "null") != wanted.negated)


def _compared(table: Table, wanted: Condition) -> Compared:
    return Compared(
        field=_path(table, wanted.field),
        operator=wanted.operator,
        value=wanted.value,
        negated=wanted.negated,
        quantifier=wanted.quantifier,
        configuration=wanted.configuration,
    )


def _order(
    table: Table, relations: tuple[SelectedRelation, ...], children: tuple[Node, ...], wanted: OrderTerm
) -> Order:
    if wanted.relation is None:
        return Order(_path(table, wanted.field), None, wanted.descending, wanted.nulls_first)
    child = named(relations, wanted.relation)
    if child is None:
        raise errors.not_embedded(wanted.relation)
    node = children[child]
    if not node.to_one:
        raise errors.order_by_many(table.name.name, wanted.relation)
    return Order(_path(node.of, wanted.field), child, wanted.descending, wanted.nulls_first)


def _path(table: Table, field: Field) -> FieldPath:
    column = table.columns.get(field.name)
    is_computed = column is None
    column = column or table.computed.get(field.name)
    if column is None:
        raise errors.unknown_column(field.name, table.name.name)
    return FieldPath(
        name=field.name,
        steps=field.steps,
        is_json=column.base_type in _JSON,
        is_vector=column.base_type == _VECTOR and not field.steps,
        is_computed=is_computed,
    )


def _alias(field: Field, aggregate: Aggregate | None) -> str:
    """Return the last key of a JSON path where there is one, else the field's name."""
    if aggregate is not None:
        return aggregate.value
    return next((step.key for step in reversed(field.steps) if isinstance(step.key, str)), field.name)
