"""Faults on the wire: silence, truncated answers, and wrong answers."""

import asyncio
import json
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from .errors import Faulted, GraphError

SLOW_S = 2


class Broken(Response):
    """Ends the connection after it promised more than it sends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-type", b"application/json"), (b"content-length", b"400")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


class Silence(Response):
    """Sends nothing, as long as the caller waits."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        while (await receive())["type"] != "http.disconnect":
            pass


async def faulty_answer(fault: Faulted, answer: dict[str, Any]) -> Response:
    if fault.name == "slow":
        await asyncio.sleep(SLOW_S)
    whole = json.dumps(answer)
    answers: dict[str, Response] = {
        "timeout": Silence(),
        "lost": Silence(),
        "reset": Broken(),
        "truncated": Response(whole[: len(whole) // 2], media_type="application/json"),
        "wrong-json": JSONResponse({"success": True}),
        "500": JSONResponse(GraphError(2).body(), 500),
        "502": HTMLResponse("<html><body>Bad Gateway</body></html>", 502),
        "200-error": JSONResponse(GraphError(131000).body(), 200),
    }
    return answers.get(fault.name) or JSONResponse(answer)
