"""The HTTP client of the demo: requests, JSON-RPC to the MCP endpoint, and checks of the answers."""

import itertools
import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx

LONGEST_WAIT_S = 65
"""The demo waits for a limit by the minute, and reports one by the hour or the day."""
MOST_WAITS = 3
HTTP_OK, HTTP_TOO_MANY = 200, 429
_LONGEST_SHOWN = 150


class Unexpected(Exception):  # noqa: N818  a finding that the demo reports, not a fault of its own
    """An answer that the demo does not expect; `message` says what was expected and what came instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LimitedForLong(Unexpected):
    """A rate limit that is not worth waiting for."""


class DemoClient:
    """Keeps a short form of each request for the report."""

    def __init__(self, http: httpx.Client, on_wait: Callable[[int], None]) -> None:
        self._http = http
        self._on_wait = on_wait
        self._numbers = itertools.count(1)
        self._sent: list[str] = []

    def sent(self) -> list[str]:
        sent, self._sent = self._sent, []
        return sent

    def request(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, expect: int = HTTP_OK
    ) -> Any:
        """Return the answer's JSON.

        Raises:
            LimitedForLong: 429 with more than a minute to wait.
            Unexpected: another status than the expected one.
        """
        path_alone = urlsplit(path)._replace(scheme="", netloc="").geturl()
        self._sent.append(f"{method} {path_alone}{_shown(body)}")
        response = self._send(method, path, body, headers)
        for _ in range(MOST_WAITS):
            if response.status_code != HTTP_TOO_MANY:
                break
            self._wait(response)
            response = self._send(method, path, body, headers)
        if response.status_code != expect:
            raise Unexpected(f"expected {expect} from {path}, got {response.status_code}: {_error_text(response)}")
        try:
            # Keeps amounts exact, without floats.
            return json.loads(response.text, parse_float=Decimal)
        except ValueError as fault:
            raise Unexpected(f"expected JSON from {path}, got {response.text[:_LONGEST_SHOWN]}") from fault

    def rpc(self, method: str, params: dict[str, Any], *, token: str, expect: int = HTTP_OK) -> Any:
        """Return the result of one JSON-RPC request to the MCP endpoint; with another status than 200, the body."""
        message = {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": params}
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        answer = self.request("POST", "/functions/v1/mcp-server", message, headers=headers, expect=expect)
        self._sent[-1] = f"MCP {_rpc_shown(method, params)}"
        if expect != HTTP_OK:
            return answer
        if "error" in answer:
            raise Unexpected(f"{method} was answered with a JSON-RPC error: {answer['error']}")
        return answer["result"]

    def tool(self, name: str, arguments: dict[str, Any], *, token: str, refused: bool = False) -> dict[str, Any]:
        """Return the structured result of a tool, or of a refusal if one is expected."""
        result = self.rpc("tools/call", {"name": name, "arguments": arguments}, token=token)
        content: dict[str, Any] = result["structuredContent"]
        if result.get("isError", False) is not refused:
            wanted = "a refusal" if refused else "a result"
            raise Unexpected(f"expected {wanted} of {name}, got {_compact(content)}")
        return content

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str] | None) -> httpx.Response:
        return self._http.request(method, path, json=body, headers=headers)

    def _wait(self, response: httpx.Response) -> None:
        seconds = int(response.headers.get("retry-after", "1"))
        if seconds > LONGEST_WAIT_S:
            raise LimitedForLong(f"{_error_text(response)} That is {_duration(seconds)}; run the demo again then.")
        self._on_wait(seconds)
        time.sleep(seconds)


def expect(condition: object, wanted: str, got: object) -> None:
    if not condition:
        raise Unexpected(f"expected {wanted}, got {_compact(got)}")


def _error_text(response: httpx.Response) -> str:
    """Return the error body as text for people."""
    try:
        body = response.json()
    except ValueError:
        return response.text[:_LONGEST_SHOWN]
    code = body.get("error") or body.get("code") or body.get("error_code")
    message = str(body.get("message") or body.get("msg") or "").rstrip(".")
    return f"{code}: {message}." + (f" (request {body['request_id']})" if "request_id" in body else "")


def _shown(body: Any) -> str:
    return "" if body is None else f"  {_compact(_masked(body))}"


def _rpc_shown(method: str, params: dict[str, Any]) -> str:
    if method == "tools/call":
        return f"{params['name']}  {_compact(params['arguments'])}"
    return f"{method}  {_compact(params)}" if params else method


def _masked(body: Any) -> Any:
    """Hide passwords, and all but the prefix of keys."""
    if not isinstance(body, dict):
        return body
    shown = dict(body)
    if "api_key" in shown:
        shown["api_key"] = f"{shown['api_key'][:15]}…"
    if "password" in shown:
        shown["password"] = "…"  # noqa: S105
    return shown


def _compact(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _duration(seconds: int) -> str:
    if seconds < 2 * 3600:
        return f"{-(-seconds // 60)} minutes"
    return f"{-(-seconds // 3600)} hours"
