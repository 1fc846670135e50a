"""The entry point of the interface: from one request to its response."""

from . import resolve
from .errors import RestRefusal, no_table
from .execute import Outcome, execute
from .host import Host, Response
from .idempotency import execute_idempotent, may_be_idempotent
from .openapi.describe import described
from .program import compiler
from .request import Action, Incoming, Request
from .response import answered, description, information, refused
from .schema import Name, SchemaCache, Volatility


async def answer(incoming: Incoming, host: Host) -> Response:
    """Return the response to a request; turn a RestRefusal into its response instead of raising it."""
    try:
        compiling = compiler(await host.schema_cache(), host.settings)
        request = compiling.request(incoming)
        if request.action is Action.INFO:
            return _informed(request, compiling.cache)
        if request.action is Action.DESCRIBE:
            return description(await described(request, compiling.cache, host), request, host.settings)
        program = compiling.program(incoming, request)

        def respond(outcome: Outcome) -> Response:
            return answered(program.task, outcome, request, host.settings)

        write = host.idempotent_write(incoming) if may_be_idempotent(program, request, host.settings) else None
        if write is not None:
            return await execute_idempotent(program, request, host, write=write, respond=respond)
        return respond(await execute(program, request, host))
    except RestRefusal as refusal:
        return refused(refusal)


def _informed(request: Request, cache: SchemaCache) -> Response:
    name = Name(request.schema, request.target)
    if request.is_function:
        overloads = cache.functions.get(name)
        if overloads is None:
            raise no_table(f"{name.schema}.{name.name}", None)
        return information(request, None, volatile=overloads[0].volatility is Volatility.VOLATILE)
    return information(request, resolve.table(cache, name) if request.target else None)
