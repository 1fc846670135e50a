"""The Graph API's send call for the benchmark: accepts every message at once and gives it an id."""

import itertools
import json
from typing import Any

_NUMBERS = itertools.count(1)


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    body = {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.bench.{next(_NUMBERS)}"}]}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
