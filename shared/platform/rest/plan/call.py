"""The function that a request calls, and its arguments."""

from shared.platform.rest import errors, resolve
from shared.platform.rest.payload import FormPayload, JsonPayload, RawPayload
from shared.platform.rest.request import Request
from shared.platform.rest.resolve import Given
from shared.platform.rest.schema import Column, Function, Name, Parameter, SchemaCache, Table

from .model import Argument, Body, FunctionCall

_JSON = "application/json"


def function_of(cache: SchemaCache, request: Request) -> Function:
    """Return the function that the request's arguments fit.

    Raises:
        RestRefusal: PGRST202, PGRST203.
    """
    return resolve.function(cache, Name(request.schema, request.target), _given(request))


def call_of(function: Function, request: Request) -> FunctionCall:
    payload = request.payload
    if resolve.takes_body_whole(function, _given(request)):
        return FunctionCall(function, whole=_whole(payload, function))
    if isinstance(payload, JsonPayload):
        return FunctionCall(function, members=Body(payload.text, _columns(function, payload.columns)))
    sent = payload.arguments if isinstance(payload, FormPayload) else request.query.arguments
    return FunctionCall(function, arguments=_arguments(function, sent))


def rows_of(cache: SchemaCache, function: Function) -> Table | None:
    """Return the table whose rows the function returns; None for a function of values."""
    if function.returns_table is not None:
        return cache.tables[function.returns_table]
    return Table(function.name, function.columns) if function.returns_composite else None


def _given(request: Request) -> Given:
    payload = request.payload
    if isinstance(payload, RawPayload):
        return Given(posted=payload.content_type)
    if isinstance(payload, JsonPayload):
        return Given(frozenset(payload.columns), _JSON)
    if isinstance(payload, FormPayload):
        return Given(frozenset(name for name, _ in payload.arguments), "application/x-www-form-urlencoded")
    return Given(frozenset(name for name, _ in request.query.arguments))


def _whole(payload: object, function: Function) -> str | bytes:
    if isinstance(payload, JsonPayload):
        return payload.text
    if not isinstance(payload, RawPayload):
        raise errors.bad_body("Empty or invalid json")
    return payload.data if function.parameters[0].type == "bytea" else payload.data.decode()


def _columns(function: Function, names: tuple[str, ...]) -> tuple[Column, ...]:
    found = (parameter for parameter in function.parameters if parameter.name in names)
    return tuple(Column(parameter.name, parameter.type, parameter.type, nullable=True) for parameter in found)


def _arguments(function: Function, sent: tuple[tuple[str, str], ...]) -> tuple[Argument, ...]:
    """Collect the arguments; the last of several values counts, unless the parameter is variadic."""
    values: dict[str, list[str]] = {}
    for name, value in sent:
        values.setdefault(name, []).append(value)
    return tuple(
        _argument(parameter, values[parameter.name]) for parameter in function.parameters if parameter.name in values
    )


def _argument(parameter: Parameter, values: list[str]) -> Argument:
    return Argument(parameter.name, parameter.type, tuple(values) if parameter.variadic else values[-1])
