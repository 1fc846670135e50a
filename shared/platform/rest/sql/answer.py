"""The whole statement of a request; it returns one row: the body, the counts, and the status and headers SQL set."""

import msgspec

from shared.platform.rest.bounds import capped
from shared.platform.rest.media import Media, MediaType, Plan, PlanFormat
from shared.platform.rest.plan.model import Change, FunctionCall, Needs, Node
from shared.platform.rest.plan.needs import needs_of
from shared.runtime.postgres.statement import Statement

from .answer_size import VALUE, AnswerSize, answer_size_of, measured
from .change import SCALAR, UPDATED, called, changed
from .lines import line, rows_of, table
from .read import SOURCE, Reading, names_of
from .writer import Writer, quoted

_ROWS = '"pgrst_rows"'
_HEADERS = "nullif(current_setting('response.headers', true), '')"
_STATUS = "nullif(current_setting('response.status', true), '')"
_NOTHING = "''"


class Result(msgspec.Struct, frozen=True):
    """The statement's one row.

    `total` is the number of rows on all pages, if the request wants it; `updated` counts the rows of an upsert that
    existed before.
    """

    body: str
    rows: int
    total: int | None
    headers: str | None
    status: str | None
    location: str | None
    updated: int


class Totals(msgspec.Struct, frozen=True):
    """Whether to count all rows, at most up to `limit`."""

    counted: bool = False
    limit: int | None = None


class Shape(msgspec.Struct, frozen=True):
    """The form of the answer: no body for HEAD, and no text of more than `most_bytes`."""

    media: Media
    head: bool = False
    plain_cells: bool = False
    """Whether a cell of CSV that a spreadsheet would take for a formula begins with an apostrophe."""
    most_bytes: int | None = None


class _Parts(msgspec.Struct, frozen=True):
    """`source` is the statement before, with its WITH; the others are expressions over the page's rows."""

    page: str
    body: str
    source: str = ""
    total: str = "NULL"
    location: str = "NULL"


class _Page(msgspec.Struct, frozen=True):
    """A page of rows to answer: `row` is the expression of one row in the body, `within` what was counted inside it."""

    page: str
    row: str
    names: tuple[str, ...]
    """The names of its columns."""
    within: tuple[str, ...] = ()
    many: bool = True


def read_statement(node: Node, totals: Totals, shape: Shape) -> Statement:
    writer = Writer()
    size = _answer_size(node, shape)
    reading = Reading(writer, size)
    parts = _parts(writer, _page_of(reading, node), shape, size)
    return _statement(writer, msgspec.structs.replace(parts, total=_total(reading, node, totals)), shape)


def pre_request_statement(function: str) -> Statement:
    """Return the call of a function that the settings name, perhaps with its schema."""
    return Statement(f"SELECT {'.'.join(quoted(part) for part in function.split('.'))}()", {})


def count_statement(node: Node) -> Statement:
    """Return the statement for the planner's estimate of how many rows there are on all pages."""
    writer = Writer()
    return Statement(f"EXPLAIN (FORMAT JSON) {Reading(writer).everything(node)}", writer.params, ad_hoc=True)


def change_statement(change: Change, node: Node | None, location: tuple[str, ...], shape: Shape) -> Statement:
    """Return the statement of a change.

    `node` reads the changed rows, if the caller wants them; `location` are the columns of the Location header.
    """
    writer = Writer()
    needs = needs_of(node) if node is not None else Needs(frozenset(location))
    source = f"WITH {SOURCE} AS ({changed(writer, change, needs)}) "
    if node is not None:
        size = _answer_size(node, shape)
        parts = _parts(writer, _page_of(Reading(writer, size), node), shape, size)
        return _statement(writer, msgspec.structs.replace(parts, source=source), shape)
    columns = ", ".join(f"{quoted(column)}::text" for column in location)
    page = f"SELECT {columns or '1'} FROM {SOURCE}"
    return _statement(writer, _Parts(page, _NOTHING, source, location=_location(location)), shape)


def call_statement(call: FunctionCall, node: Node | None, totals: Totals, shape: Shape) -> Statement:
    """Return the statement of a call; `node` reads the returned rows, and is None for a function of values."""
    writer = Writer()
    source = f"WITH {SOURCE} AS ({called(writer, call, needs_of(node) if node is not None else Needs())}) "
    many = call.function.returns_set
    if node is None:
        size = answer_size_of(None, shape.most_bytes, call.page.limit if many else 1)
        page = f"SELECT * FROM {SOURCE}{writer.cut(call.page.limit, call.page.offset)}"
        total = f"(SELECT count(*) FROM {SOURCE})" if totals.counted else "NULL"
        if call.function.returns_void:
            return _statement(writer, _Parts(page, _NOTHING, source, total), shape)
        value = _Page(page, f"to_json({_ROWS}.{quoted(SCALAR)})", (SCALAR,), many=many)
        parts = _parts(writer, value, shape, size)
    else:
        size = _answer_size(node, shape)
        reading = Reading(writer, size)
        parts = _parts(writer, msgspec.structs.replace(_page_of(reading, node), many=many), shape, size)
        total = _total(reading, node, totals)
    return _statement(writer, msgspec.structs.replace(parts, source=source, total=total), shape)


def _statement(writer: Writer, parts: _Parts, shape: Shape) -> Statement:
    updated = f"coalesce(nullif(current_setting('{UPDATED}', true), ''), '0')::int"
    columns = f"{parts.body}, count(*), {parts.total}, {_HEADERS}, {_STATUS}, {parts.location}, {updated}"
    answer = f"SELECT {columns} FROM ({parts.page}) AS {_ROWS}"
    sql = f"{parts.source}{answer if shape.most_bytes is None else _capped(answer, shape.most_bytes)}"
    plan = shape.media.plan
    return Statement(_explained(sql, plan) if plan else sql, writer.params, ad_hoc=True)


def _capped(answer: str, most: int) -> str:
    """Select the answer once, then check its length: the subquery is computed only once."""
    names = ("body", *(f"told_{number}" for number in range(1, len(Result.__struct_fields__))))
    return f"SELECT {capped('body', most)}, {', '.join(names[1:])} FROM ({answer}) AS answer({', '.join(names)})"


def _total(reading: Reading, node: Node, totals: Totals) -> str:
    return f"(SELECT count(*) FROM ({reading.everything(node, totals.limit)}) AS counted)" if totals.counted else "NULL"


def _answer_size(node: Node, shape: Shape) -> AnswerSize | None:
    return None if shape.head else answer_size_of(node, shape.most_bytes)


def _page_of(reading: Reading, node: Node) -> _Page:
    page = reading.page(node)
    return _Page(page, f"row_to_json({_ROWS})", tuple(names_of(node)), tuple(reading.within(node, _ROWS)))


def _parts(writer: Writer, rows_page: _Page, shape: Shape, size: AnswerSize | None) -> _Parts:
    if shape.head:
        return _Parts(rows_page.page, _NOTHING)
    if shape.media.type is MediaType.CSV:
        rows, columns = rows_of(rows_page.page, rows_page.names, _ROWS)
        made = measured(line(columns, plain=shape.plain_cells), rows, rows_page.within)
        return _Parts(made, table(writer, rows_page.names, VALUE if size is None else size.piece(of_type="text")))
    rows = f"({rows_page.page}) AS {_ROWS}"
    row = f"json_strip_nulls({rows_page.row})" if shape.media.stripped else rows_page.row
    page = measured(row, rows, rows_page.within)
    return _Parts(page, _json(VALUE if size is None else size.piece(), shape.media, many=rows_page.many))


def _json(value: str, media: Media, *, many: bool) -> str:
    if media.type is MediaType.SINGULAR or not many:
        return f"coalesce((json_agg({value}) -> 0)::text, 'null')"
    return f"coalesce(json_agg({value})::text, '[]')"


def _location(columns: tuple[str, ...]) -> str:
    if not columns:
        return "NULL"
    values = ", ".join(f"{_ROWS}.{quoted(column)}" for column in columns)
    return f"CASE WHEN count(*) = 1 THEN (json_agg(json_build_array({values})) -> 0)::text END"


def _explained(sql: str, plan: Plan) -> str:
    options = [f"FORMAT {'JSON' if plan.format is PlanFormat.JSON else 'TEXT'}", *sorted(plan.options)]
    return f"EXPLAIN ({', '.join(options).upper()}) {sql}"
