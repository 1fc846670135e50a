"""The task of a request: a change or call, what the answer reads of it, and how to count."""

import msgspec
from msgspec.structs import replace

from shared.platform.rest import errors, resolve
from shared.platform.rest.bounds import check_rows
from shared.platform.rest.preferences import Count, Return
from shared.platform.rest.query import Page
from shared.platform.rest.request import Action, Request
from shared.platform.rest.schema import Function, Name, SchemaCache, Table, Volatility
from shared.platform.rest.settings import RestSettings

from .call import call_of, function_of, rows_of
from .change import change_of
from .model import Change, FunctionCall, Insert, Node
from .read import at_most, read_called, read_table, read_written


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """`node` is what the answer reads; None where a change answers no rows, or a function returns a value."""

    read_only: bool
    node: Node | None = None
    change: Change | None = None
    call: FunctionCall | None = None
    location: tuple[str, ...] = ()
    """The columns of the Location header, where the answer has one."""
    counts: Count | None = None
    """How a read counts all rows."""

    @property
    def merges(self) -> bool:
        """Whether rows that exist already are changed instead of refused."""
        return isinstance(self.change, Insert) and self.change.conflict is not None and self.change.conflict.merge


def task_of(request: Request, cache: SchemaCache, settings: RestSettings) -> Task:
    """Return the task of the request.

    Raises:
        RestRefusal: for what the schema cache does not have, or the settings do not allow.
    """
    if request.action is Action.CALL:
        return _called(request, cache, settings)
    table = resolve.table(cache, Name(request.schema, request.target))
    if request.action is Action.READ:
        node = read_table(cache, settings, table, request.query, request.page)
        check_rows(node.most_rows, settings.bounds)
        return Task(read_only=True, node=node, counts=_counts(request, settings))
    return _changed(request, cache, settings, table)


def _changed(request: Request, cache: SchemaCache, settings: RestSettings, table: Table) -> Task:
    returned = request.preferences.returned
    # Plan the rows even if they are not answered: a bad `select` is refused in any case.
    node = read_written(cache, settings, table, request.query)
    check_rows(replace(node, limit=1).most_rows, settings.bounds)
    tells_where = returned is Return.HEADERS_ONLY and request.action is Action.INSERT
    return Task(
        read_only=False,
        node=node if returned is Return.REPRESENTATION else None,
        change=change_of(request, table, guarded=settings.guarded),
        location=table.primary_key if tells_where else (),
    )


def _called(request: Request, cache: SchemaCache, settings: RestSettings) -> Task:
    function = function_of(cache, request)
    preferences = request.preferences
    if preferences.strict and preferences.max_affected is not None and not function.returns_set:
        raise errors.max_affected_of_rpc()
    table = rows_of(cache, function)
    node = read_called(cache, settings, table, request.query, request.page) if table is not None else None
    if node is not None:
        check_rows(node.most_rows, settings.bounds)
    return Task(
        read_only=request.reads or function.volatility is not Volatility.VOLATILE,
        node=node,
        call=replace(call_of(function, request), page=_page_of_values(function, request, settings)),
        counts=_counts(request, settings),
    )


def _page_of_values(function: Function, request: Request, settings: RestSettings) -> Page:
    if not function.returns_set:
        return Page()
    return Page(at_most(request.page.limit, settings.max_rows), request.page.offset)


def _counts(request: Request, settings: RestSettings) -> Count | None:
    wanted = request.preferences.count
    return wanted if settings.estimates or wanted is None else Count.EXACT
