"""The tree of a read as one SELECT: embeds are sub-selects of a row, inner ones a condition on it."""

from collections.abc import Iterator

from msgspec.structs import replace

from shared.platform.rest.plan.model import FieldPath, Node, Order, Output, Related, Star
from shared.platform.rest.plan.needs import needs_of

from .answer_size import AnswerSize, counts_within, cuts_first, is_counted, measured, running_size
from .conditions import ROW, Rows, cast, tested
from .writer import Writer, qualified, quoted

SOURCE = '"pgrst_source"'
"""The name of the statement before this one in WITH."""
_BYTES = '"pgrst_bytes"'
_LONGEST_NAME = 63


class Shown:
    """One column of a SELECT; a column that is not `grouped` is an aggregate."""

    def __init__(self, value: str, alias: str | None, *, grouped: bool = True) -> None:
        self.value = value
        self.alias = alias
        self.grouped = grouped

    @property
    def text(self) -> str:
        return self.value if self.alias is None else f"{self.value} AS {quoted(self.alias)}"


class Reading:
    """Writes the nodes of one tree into one statement's parameters."""

    def __init__(self, writer: Writer, size: AnswerSize | None = None) -> None:
        self._writer = writer
        self._size = size
        self._origins: dict[str, str] = {}
        self._uncounted: set[str] = set()

    def page(self, node: Node) -> str:
        """Write the rows of the page with everything embedded."""
        return self._select(node, None)

    def within(self, node: Node, rows: str) -> Iterator[str]:
        """Yield what was counted within a row of the node, as expressions over `rows`."""
        if self._size is not None and self._counts_within(node):
            for child in node.children:
                if is_counted(child):
                    yield self._size.counted_of(f"{rows}.{quoted(child.key)}")

    def everything(self, node: Node, limit: int | None = None) -> str:
        """Write one column for each row that meets the conditions, whichever page it is on."""
        return f"SELECT 1 {self._origin(node, None)}{self._writer.cut(limit, 0)}"

    def _select(self, node: Node, parent: Rows | None) -> str:
        if self._size is not None and cuts_first(node):
            return self._cut(node, parent)
        if not self._counts_within(node):
            self._uncounted |= {child.alias for child in node.children}
        shown = list(self._shown(node))
        columns = ", ".join(column.text for column in shown)
        laterals = "".join(self._laterals(node))
        origin = self._origin(node, parent, laterals)
        limit = 1 if _may_repeat(node) and node.limit != 0 else node.limit
        page = self._writer.cut(limit, node.offset)
        return f"SELECT {columns} {origin}{_grouped(node, shown)}{self._ordered(node)}{page}"

    def _cut(self, node: Node, parent: Rows | None) -> str:
        """Write the page's rows first, so that nothing is embedded in those before them."""
        needs, rows = needs_of(node), _rows(node)
        names = node.of.columns if needs.everything else sorted(needs.columns)
        needed = [f"{rows.alias}.{quoted(name)}" for name in names]
        needed += [f"{rows.row} AS {quoted(ROW)}"] if needs.row else []
        page = self._writer.cut(node.limit, node.offset)
        first = f"SELECT {', '.join(needed) or '1'} {self._origin(node, parent)}{self._ordered(node)}{page}"
        columns = ", ".join(column.text for column in self._shown(replace(node, from_source=True)))
        return f"SELECT {columns} FROM ({first}) AS {rows.alias}"

    def _origin(self, node: Node, parent: Rows | None, laterals: str = "") -> str:
        """Write FROM and WHERE. The conditions are written once, however often they are needed."""
        where = self._origins.get(node.alias)
        if where is None:
            where = self._origins[node.alias] = self._where(node, parent)
        return f"FROM {self._from(node, parent)}{laterals}{where}"

    def _from(self, node: Node, parent: Rows | None) -> str:
        alias = quoted(node.alias)
        if node.from_source:
            return f"{SOURCE} AS {alias}"
        relationship = node.relationship
        if relationship is None or parent is None:
            return f"{qualified(node.of.name)} AS {alias}"
        if relationship.function is not None:
            return f"{qualified(relationship.function)}({parent.row}) AS {alias}"
        if relationship.junction is not None:
            between = qualified(relationship.junction.table)
            return f"{qualified(node.of.name)} AS {alias} CROSS JOIN {between} AS {_junction(node)}"
        return f"{qualified(node.of.name)} AS {alias}"

    def _where(self, node: Node, parent: Rows | None) -> str:
        rows = _rows(node)

        def related(test: Related) -> str:
            return f"{'NOT ' if test.negated else ''}{self._exists(node.children[test.child], rows)}"

        found = list(_joins(node, parent)) if parent is not None and node.relationship is not None else []
        found += [tested(self._writer, rows, test, related) for test in node.where]
        found += [self._exists(child, rows) for child in node.children if child.inner]
        return f" WHERE {' AND '.join(found)}" if found else ""

    def _exists(self, child: Node, parent: Rows) -> str:
        cut = self._writer.cut(0 if child.limit == 0 else None, child.offset)
        return f"EXISTS (SELECT 1 {self._origin(child, parent)}{cut})"

    def _shown(self, node: Node) -> Iterator[Shown]:
        rows = _rows(node)
        for output in node.outputs:
            if isinstance(output, Star):
                yield from self._star(node, rows)
            else:
                yield self._output(rows, output)
        for child in node.children:
            if child.is_shown:
                yield from self._embedded(node, child)

    def _star(self, node: Node, rows: Rows) -> Iterator[Shown]:
        if node.is_aggregated or node.from_source:
            yield from (Shown(f"{rows.alias}.{quoted(name)}", name) for name in node.of.columns)
        else:
            yield Shown(f"{rows.alias}.*", None)

    def _output(self, rows: Rows, output: Output) -> Shown:
        value = None if output.field is None else cast(rows.field(self._writer, output.field), output.cast)
        if output.aggregate is None:
            return Shown(value or "TRUE", output.alias)
        return Shown(_aggregated(output, value or "*"), output.alias, grouped=False)

    def _embedded(self, node: Node, child: Node) -> Iterator[Shown]:
        if child.spread:
            yield from self._spread(child)
        elif node.is_aggregated:
            yield Shown(f"{_lateral(child)}.{quoted('value')}", child.key)
        else:
            yield Shown(self._json(child, _rows(node)), child.key)

    def _json(self, child: Node, parent: Rows) -> str:
        """Write the embed as one JSON value."""
        rows = _lateral(child)
        inner = f"({self._select(child, parent)}) AS {rows}"
        size, is_uncounted = self._size, child.alias in self._uncounted
        if size is None or (child.to_one and (is_uncounted or not is_counted(child))):
            value = f"row_to_json({rows})" if child.to_one else f"coalesce(json_agg({rows}), '[]')"
            return f"(SELECT {value} FROM {inner})"
        made = measured(f"row_to_json({rows})", inner, self.within(child, rows))
        if child.to_one:
            return f"(SELECT {size.piece()} FROM ({made}) AS x)"
        return size.shared(made) if is_uncounted else size.listed(made)

    def _counts_within(self, node: Node) -> bool:
        return node.alias not in self._uncounted and counts_within(node)

    def _spread(self, child: Node) -> Iterator[Shown]:
        """Yield the columns of the embed as the parent's; the parent's rows compute aggregates of a to-one embed."""
        for name, output in _named(child):
            value = f"{_lateral(child)}.{quoted(name)}"
            if not child.to_one:
                yield Shown(f"coalesce({value}, '[]')", name)
            elif output is not None and output.aggregate is not None:
                yield Shown(_aggregated(output, value), name, grouped=False)
            else:
                yield Shown(value, name)

    def _laterals(self, node: Node) -> Iterator[str]:
        rows = _rows(node)
        for child in node.children:
            if child.is_shown and child.spread:
                yield f" LEFT JOIN LATERAL ({self._spread_rows(child, rows)}) AS {_lateral(child)} ON TRUE"
            elif child.is_shown and node.is_aggregated:
                value = f"{self._json(child, rows)}::jsonb AS {quoted('value')}"
                yield f" CROSS JOIN LATERAL (SELECT {value}) AS {_lateral(child)}"

    def _spread_rows(self, child: Node, parent: Rows) -> str:
        selected = self._select(_unaggregated(child) if child.to_one else child, parent)
        if child.to_one:
            return selected
        inner = quoted(f"{child.alias}_many")
        columns = (f"json_agg({inner}.{quoted(name)}) AS {quoted(name)}" for name, _ in _named(child))
        if self._size is None:
            return f"SELECT {', '.join(columns)} FROM ({selected}) AS {inner}"
        running = f"SELECT {inner}.*, {running_size(inner)} AS {_BYTES} FROM ({selected}) AS {inner}"
        within = self._size.within_share(f"{inner}.{_BYTES}")
        return f"SELECT {', '.join(columns)} FROM ({running}) AS {inner} WHERE {within}"

    def _ordered(self, node: Node) -> str:
        terms = ", ".join(self._order(node, order) for order in node.orders)
        return f" ORDER BY {terms}" if terms else ""

    def _related_value(self, node: Node, child: Node, path: FieldPath) -> str:
        """Write a value of the to-one embed; where rows are grouped, the one that they are grouped by."""
        if node.is_aggregated and child.spread:
            shown = (
                candidate for candidate in child.outputs if isinstance(candidate, Output) and candidate.field == path
            )
            if (output := next(shown, None)) is not None:
                return f"{_lateral(child)}.{quoted(output.alias)}"
        value = _rows(child).field(self._writer, path)
        return f"(SELECT {value} {self._origin(child, _rows(node))} LIMIT 1)"

    def _order(self, node: Node, order: Order) -> str:
        if order.child is None:
            value = _rows(node).field(self._writer, order.field)
        else:
            value = self._related_value(node, node.children[order.child], order.field)
        direction = {None: "", True: " DESC", False: " ASC"}[order.descending]
        return value + direction + {None: "", True: " NULLS FIRST", False: " NULLS LAST"}[order.nulls_first]


def names_of(node: Node) -> Iterator[str]:
    """Yield the columns of its page, in order, cut to the longest name of Postgres."""
    yield from (name.encode()[:_LONGEST_NAME].decode(errors="ignore") for name, _ in _named(node))


def _named(node: Node) -> Iterator[tuple[str, Output | None]]:
    for output in node.outputs:
        if isinstance(output, Star):
            yield from ((name, None) for name in node.of.columns)
        else:
            yield output.alias, output
    for child in node.children:
        if child.spread:
            yield from _named(child)
        elif child.is_shown:
            yield child.key, None


def _rows(node: Node) -> Rows:
    return Rows(node.alias, from_source=node.from_source)


def _junction(node: Node) -> str:
    return quoted(f"{node.alias}_between")


def _lateral(node: Node) -> str:
    return quoted(f"{node.alias}_embed")


def _joins(node: Node, parent: Rows) -> Iterator[str]:
    relationship = node.relationship
    if relationship is None:
        return
    alias = quoted(node.alias)
    for own, other in relationship.columns:
        yield f"{alias}.{quoted(other)} = {parent.alias}.{quoted(own)}"
    if relationship.junction is not None:
        for own, other in relationship.junction.target_columns:
            yield f"{alias}.{quoted(own)} = {_junction(node)}.{quoted(other)}"
        for own, other in relationship.junction.source_columns:
            yield f"{_junction(node)}.{quoted(other)} = {parent.alias}.{quoted(own)}"


def _aggregated(output: Output, value: str) -> str:
    if output.aggregate is None:
        return value
    return cast(f"{output.aggregate.value}({value})", output.aggregate_cast)


def _unaggregated(node: Node) -> Node:
    """Return the node without the aggregates that the parent computes; for a whole row, presence is enough."""
    outputs = (
        replace(output, aggregate=None, aggregate_cast=None) if isinstance(output, Output) else output
        for output in node.outputs
    )
    children = (_unaggregated(child) if child.is_hoisted else child for child in node.children)
    return replace(node, outputs=tuple(outputs), children=tuple(children))


def _may_repeat(node: Node) -> bool:
    """Return whether only our own limit keeps a to-one embed to one row."""
    relationship = node.relationship
    if relationship is None or not relationship.to_one:
        return False
    return relationship.function is not None or relationship.source_is_view or relationship.target_is_view


def _grouped(node: Node, shown: list[Shown]) -> str:
    if not node.is_aggregated:
        return ""
    positions = [str(position) for position, column in enumerate(shown, 1) if column.grouped]
    return f" GROUP BY {', '.join(positions)}" if positions else ""
