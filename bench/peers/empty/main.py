"""A limit: an async function that does nothing."""

import functions_framework.aio
from starlette.requests import Request


@functions_framework.aio.http
async def handler(_: Request) -> str:
    return "{}"
