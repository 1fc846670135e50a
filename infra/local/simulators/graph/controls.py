"""Controls below `/simulator` for people and tests: customers, conversations, ordered faults and disorder."""

import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import customers
from .delivery import Courier, Manner
from .errors import GraphError
from .faults import FAULTS, Fault
from .records import Account, Line
from .world import World

LONGEST_WAIT_S = 25


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Written(Wanted):
    account_id: str
    customer_id: str
    name: str | None = None
    text: str | None = None
    kind: str = "text"
    content: dict[str, Any] | None = None
    file: str | None = None
    """The content in Base64."""
    mime_type: str = "application/octet-stream"
    filename: str | None = None
    reply_to: str | None = None


class Reacted(Wanted):
    account_id: str
    customer_id: str
    message_id: str
    emoji: str | None = None


class Looked(Wanted):
    account_id: str
    customer_id: str


class Ordered(Wanted):
    fault: str
    times: int = Field(default=1, ge=1, le=10_000)
    account_id: str | None = None
    recipient: str | None = None
    retry_after_s: int | None = None


class SignedUp(Wanted):
    channel: Literal["whatsapp", "facebook", "instagram"] = "whatsapp"
    name: str = "Shop"


class Travelling(Wanted):
    copies: int = Field(default=1, ge=1, le=20)
    shuffled: bool = False
    batch: int = Field(default=1, ge=1, le=1000)
    late_s: float = Field(default=0, ge=0, le=3600)


class Controls:
    def __init__(self, world: World, courier: Courier, base_url: str) -> None:
        self._world, self._courier, self._base_url = world, courier, base_url

    async def accounts(self, _: Request) -> Response:
        listed = [_account(account) for account in self._world.accounts.values()]
        return JSONResponse({"accounts": listed, "webhook_url": self._courier.url})

    async def sign_up(self, request: Request) -> Response:
        """Add an account and return what connects it: a code for a number, a token for a page or Instagram account."""
        wanted = SignedUp.model_validate(await request.json())
        if wanted.channel == "whatsapp":
            code, account = self._world.sign_up(name=wanted.name)
            return JSONResponse({"code": code, "waba_id": account.business_id, "phone_number_id": account.id})
        account = self._world.add_account(wanted.channel, name=wanted.name)
        credentials = {"page_id": account.page_id or account.id, "access_token": account.token}
        return JSONResponse(credentials | ({"instagram_id": account.id} if wanted.channel == "instagram" else {}))

    async def write(self, request: Request) -> Response:
        wanted = Written.model_validate(await request.json())
        account = self._world.account(wanted.account_id)
        self._world.customer(wanted.customer_id, name=wanted.name)
        extra: dict[str, Any] = {}
        if wanted.reply_to:
            whatsapp = account.channel == "whatsapp"
            extra = {"context": {"id": wanted.reply_to}} if whatsapp else {"reply_to": {"mid": wanted.reply_to}}
        if wanted.file is not None:
            about = {"filename": wanted.filename, "kind": wanted.kind} if wanted.filename else {"kind": wanted.kind}
            line = customers.send_file(
                self._world, account, wanted.customer_id, base64.b64decode(wanted.file),
                mime_type=wanted.mime_type, base_url=self._base_url,
                **about,
            )  # fmt: skip
        else:
            content = wanted.content if wanted.content is not None else wanted.text or ""
            line = customers.write(self._world, account, wanted.customer_id, content, kind=wanted.kind, **extra)
        return JSONResponse(_line(line))

    async def react(self, request: Request) -> Response:
        wanted = Reacted.model_validate(await request.json())
        account = self._world.account(wanted.account_id)
        return JSONResponse(
            _line(customers.react(self._world, account, wanted.customer_id, wanted.message_id, wanted.emoji))
        )

    async def read(self, request: Request) -> Response:
        wanted = Looked.model_validate(await request.json())
        count = customers.read(self._world, self._world.account(wanted.account_id), wanted.customer_id)
        return JSONResponse({"read": count})

    async def conversation(self, request: Request) -> Response:
        """Return the lines after a number; wait for one for at most `wait_s`."""
        query = request.query_params
        account_id, customer_id = query["account_id"], query["customer_id"]
        after, wait_s = int(query.get("after", "0")), min(float(query.get("wait_s", "0")), LONGEST_WAIT_S)
        lines = await run_in_threadpool(self._wait, account_id, customer_id, after, wait_s)
        return JSONResponse({"lines": [_line(line) for line in lines]})

    def _wait(self, account_id: str, customer_id: str, after: int, wait_s: float) -> list[Line]:
        until = time.monotonic() + wait_s
        with self._world.changed:
            while not (found := self._world.conversation(account_id, customer_id, after=after)):
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._world.changed.wait(left)
            return found

    async def faults(self, request: Request) -> Response:
        if request.method == "POST":
            wanted = Ordered.model_validate(await request.json())
            name = wanted.fault
            fault = Fault(name, wanted.times, wanted.account_id, wanted.recipient, wanted.retry_after_s)
            with self._world.lock:
                self._world.faults.add(fault)
        elif request.method == "DELETE":
            with self._world.lock:
                self._world.faults.clear()
        return JSONResponse({"due": [asdict(fault) for fault in self._world.faults.listed()], "known": FAULTS})

    async def travel(self, request: Request) -> Response:
        wanted = Travelling.model_validate(await request.json())
        self._courier.manner = Manner(**wanted.model_dump())
        return JSONResponse(asdict(self._courier.manner))

    async def webhook(self, request: Request) -> Response:
        """Sign any body, post it to the app, and return the app's status."""
        import httpx  # noqa: PLC0415

        async with httpx.AsyncClient(timeout=LONGEST_WAIT_S) as client:
            return JSONResponse({"status": await self._courier.post(client, await request.json())})


def routes(world: World, courier: Courier, *, base_url: str) -> list[Route]:
    controls = Controls(world, courier, base_url)
    table: list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]] = [
        ("/accounts", controls.accounts, ["GET"]),
        ("/sign-ups", controls.sign_up, ["POST"]),
        ("/messages", controls.write, ["POST"]),
        ("/reactions", controls.react, ["POST"]),
        ("/reads", controls.read, ["POST"]),
        ("/conversation", controls.conversation, ["GET"]),
        ("/faults", controls.faults, ["GET", "POST", "DELETE"]),
        ("/travel", controls.travel, ["PUT"]),
        ("/webhooks", controls.webhook, ["POST"]),
    ]
    return [Route(path, _plain(answer), methods=methods) for path, answer, methods in table]


def _plain(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def checked(request: Request) -> Response:
        try:
            return await answer(request)
        except GraphError as error:
            return JSONResponse({"error": error.details or error.message}, 404)
        except (ValidationError, ValueError, KeyError) as error:
            return JSONResponse({"error": str(error)}, 422)

    return checked


def _account(account: Account) -> dict[str, str]:
    return {"id": account.id, "channel": account.channel, "name": account.name, "phone": account.phone}


def _line(line: Line) -> dict[str, Any]:
    return {
        "number": line.number,
        "message_id": line.message_id,
        "by_customer": line.by_customer,
        "kind": line.kind,
        "text": line.text,
        "status": line.status,
        "at": line.at.isoformat(),
    }
