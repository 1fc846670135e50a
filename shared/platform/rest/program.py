"""The compiled form of a request, kept for the next request of the same shape.

Clients send the same few queries over and over, with other bodies. What follows from the schema cache, the settings and
the text of a query is computed once, as long as these stay the same.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

import msgspec
from msgspec.structs import replace

from shared.runtime.postgres.statement import Statement

from .bounds import check_payload
from .exact import check_numbers
from .payload import JsonPayload
from .plan.model import Body, Delete
from .plan.task import Task, task_of
from .preferences import Count
from .request import Action, Incoming, Request, filled, headers_of, outline, shape_of
from .schema import SchemaCache
from .settings import RestSettings
from .sql.answer import Shape, Totals, call_statement, change_statement, count_statement, read_statement
from .sql.writer import BODY

_MOST_MEMORIES = 8
_MOST_SHAPES = 512
_LONGEST_SHAPE = 2048
_Value = TypeVar("_Value")


class Program(msgspec.Struct, frozen=True):
    """`estimate` asks the planner for the number of all rows."""

    task: Task
    main: Statement
    estimate: Statement | None = None


class _Shapes(Generic[_Value]):
    """A bounded memory; the oldest entry goes first."""

    def __init__(self) -> None:
        self._known: dict[Hashable, _Value] = {}

    def find(self, shape: Hashable) -> _Value | None:
        return self._known.get(shape)

    def keep(self, shape: Hashable, value: _Value) -> None:
        if len(self._known) >= _MOST_SHAPES:
            del self._known[next(iter(self._known))]
        self._known[shape] = value


class Compiler:
    """Compiles requests for one schema cache and one set of settings."""

    def __init__(self, cache: SchemaCache, settings: RestSettings) -> None:
        self.cache = cache
        self.settings = settings
        self._outlines: _Shapes[Request] = _Shapes()
        self._programs: _Shapes[Program] = _Shapes()

    def request(self, incoming: Incoming) -> Request:
        """Return the parsed request.

        Raises:
            RestRefusal: as `request.read`, and for a body of too many rows.
        """
        headers = headers_of(incoming)
        shape = shape_of(incoming, headers)
        known = self._outlines.find(shape)
        if known is None:
            known = outline(incoming, headers, self.settings, self.cache.time_zones)
            if len(incoming.query) <= _LONGEST_SHAPE:
                self._outlines.keep(shape, known)
        request = filled(known, incoming, headers)
        if request.payload is not None:
            check_payload(request.payload, self.settings.bounds)
        return request

    def program(self, incoming: Incoming, request: Request) -> Program:
        """Return the program of the request.

        Raises:
            RestRefusal: as `task_of`, and for numbers that a column would change.
        """
        program = self._cached_program(incoming, request)
        body = _body_of(program.task)
        if self.settings.exact_numbers and body is not None and isinstance(request.payload, JsonPayload):
            check_numbers(request.payload, body.columns)
        return program

    def _cached_program(self, incoming: Incoming, request: Request) -> Program:
        payload = request.payload
        if len(incoming.query) > _LONGEST_SHAPE or not isinstance(payload, JsonPayload | None):
            return self._compiled(request)
        written = (payload.columns, payload.is_array) if payload is not None else None
        shape = (shape_of(incoming, request.headers), written)
        known = self._programs.find(shape)
        if known is None:
            known = self._compiled(request)
            self._programs.keep(shape, known)
            return known
        return known if payload is None else _with_body(known, request, payload)

    def _compiled(self, request: Request) -> Program:
        task = task_of(request, self.cache, self.settings)
        # The planner has no statistics of a function's rows.
        asks_planner = task.counts in (Count.PLANNED, Count.ESTIMATED) and task.call is None
        estimate = count_statement(task.node) if asks_planner and task.node is not None else None
        return Program(task, self._main(task, request), estimate)

    def _main(self, task: Task, request: Request) -> Statement:
        most_bytes, plain_cells = self.settings.bounds.answer_bytes, self.settings.plain_cells
        shape = Shape(request.media, head=request.head, plain_cells=plain_cells, most_bytes=most_bytes)
        if task.change is not None:
            return change_statement(task.change, task.node, task.location, shape)
        totals = self._totals(task)
        if task.call is not None:
            return call_statement(task.call, task.node, totals, shape)
        if task.node is None:
            raise AssertionError("a task that neither reads, changes nor calls")
        return read_statement(task.node, totals, shape)

    def _totals(self, task: Task) -> Totals:
        if task.counts is None or (task.counts is Count.PLANNED and task.call is None):
            return Totals()
        most = self.settings.max_rows if task.counts is Count.ESTIMATED and task.call is None else None
        return Totals(counted=True, limit=most + 1 if most is not None else None)


_compilers: list[Compiler] = []


def compiler(cache: SchemaCache, settings: RestSettings) -> Compiler:
    """Return the compiler that keeps what was compiled for this cache and these settings."""
    for known in _compilers:
        if known.cache is cache and known.settings is settings:
            return known
    _compilers.append(Compiler(cache, settings))
    del _compilers[:-_MOST_MEMORIES]
    return _compilers[-1]


def _body_of(task: Task) -> Body | None:
    if task.call is not None:
        return task.call.members
    return task.change.body if task.change is not None and not isinstance(task.change, Delete) else None


def _with_body(program: Program, request: Request, payload: JsonPayload) -> Program:
    text = payload.text if payload.is_array or request.action is Action.CALL else f"[{payload.text}]"
    params = {**program.main.params, BODY: text} if BODY in program.main.params else program.main.params
    return Program(program.task, replace(program.main, params=params), program.estimate)
