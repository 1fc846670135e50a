"""The simulated Graph API over HTTP; paths below `/simulator` act as customers and order faults."""

import hashlib
import json
import mmap
import secrets
import tempfile
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from functions.storage.forms import FormFile, form_parts
from shared.kernel.errors import Refusal

from . import controls, customers
from .delivery import Courier
from .errors import GraphError
from .messages import send
from .records import Account, Customer, Received, Template
from .wire_faults import faulty_answer
from .world import World

Json = dict[str, Any]
LINK_TTL_S = 300
TOKEN_TTL_S = 60 * 86_400
_PAGE = 100
_COEXISTING_PER_S, _STANDARD_PER_S = 20, 80


class GraphApi:
    """Meta's side of the API; its state is in `world`."""

    def __init__(self, world: World, *, base_url: str, app_secret: str) -> None:
        self._world = world
        self._base_url = base_url
        self._app_secret = app_secret
        self._links: dict[str, tuple[str, float]] = {}

    async def call(self, request: Request) -> Response:
        """Answer one call of the Graph API, of any version."""
        path = request.path_params["path"].strip("/")
        try:
            return await self._answer(request, path)
        except GraphError as error:
            headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else None
            return JSONResponse(error.body(), error.status, headers)

    async def _answer(self, request: Request, path: str) -> Response:
        if path == "oauth/access_token":
            return JSONResponse(self._exchange(request))
        node, _, edge = path.partition("/")
        account = self._entered(request, node)
        body = await _body(request)
        self._world.received.append(Received(request.method, path, body))
        if (request.method, edge) == ("POST", "messages"):
            return await self._send(account, body)
        answer = {
            ("POST", "media"): self._upload,
            ("GET", "message_templates"): self._templates,
            ("POST", "message_templates"): self._new_template,
            ("GET", "phone_numbers"): self._numbers,
            ("POST", "subscribed_apps"): self._subscribe,
            ("POST", "register"): self._register,
            ("GET", ""): self._node,
            ("DELETE", ""): self._delete,
        }.get((request.method, edge))
        if answer is None:
            raise GraphError(100, f"Unknown path components: /{edge}")
        return JSONResponse(await answer(request, account, node))

    def _entered(self, request: Request, node: str) -> Account:
        """Return the account of the token, if the node is the account's own or one of its files."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query_params.get(
            "access_token", ""
        )
        held = [one for one in self._world.accounts.values() if secrets.compare_digest(one.token, token)]
        if not held:
            raise GraphError(190)
        file = self._world.files.get(node)
        if node == "me":
            return held[0]
        owned = next(
            (
                one
                for one in held
                if node in one.ids or (file and file.owner == one.id) or not self._world.stranger(one.id, node)
            ),
            None,
        )
        if owned is None:
            raise GraphError(100, f"Object with ID '{node}' does not exist", subcode=33)
        return owned

    async def _send(self, account: Account, body: Json) -> Response:
        record = self._world.received[-1]
        try:
            answer, fault = send(self._world, account, body)
        except GraphError as error:
            record.fault = str(error.code)
            raise
        if fault is None:
            return JSONResponse(answer)
        record.fault = fault.name
        return await faulty_answer(fault, answer)

    def _exchange(self, request: Request) -> Json:
        query = request.query_params
        if not secrets.compare_digest(query.get("client_secret", ""), self._app_secret):
            raise GraphError(1, "Error validating client secret.")
        token = self._world.codes.pop(query.get("code", ""), None)
        if token is None:
            raise GraphError(100, "This authorization code has been used or has expired.")
        account = next(one for one in self._world.accounts.values() if one.token == token)
        ends = {"expires_in": account.token_lasts_s} if account.token_lasts_s else {}
        return {"access_token": token, "token_type": "bearer", **ends}

    async def refresh(self, request: Request) -> Response:
        """Replace a token of Instagram Login by a newer one; Meta refuses tokens younger than a day."""
        try:
            account = self._entered(request, "me")
            self._world.refresh_token(account, request.query_params.get("grant_type"))
        except GraphError as error:
            return JSONResponse(error.body(), error.status)
        self._world.received.append(Received("GET", "refresh_access_token", {}))
        return JSONResponse({"access_token": account.token, "token_type": "bearer", "expires_in": TOKEN_TTL_S})

    async def _upload(self, request: Request, account: Account, _: str) -> Json:
        content, mime_type = await _part_of(request)
        return {"id": customers.add_file(self._world, account, content, mime_type)}

    async def _templates(self, request: Request, account: Account, _: str) -> Json:
        return _page_of([template.as_json() for template in account.templates], request)

    async def _new_template(self, request: Request, account: Account, _: str) -> Json:
        body = await _body(request)
        made = Template(body["name"], body["language"], body.get("category", "UTILITY"), body.get("components", []))
        self._world.add_template(account, made)
        return {"id": made.id, "status": made.status, "category": made.category}

    async def _numbers(self, request: Request, _: Account, node: str) -> Json:
        return _page_of([_number(one) for one in self._world.numbers(node)], request)

    async def _subscribe(self, _: Request, account: Account, node: str) -> Json:
        for one in self._world.numbers(node) or [account]:
            one.subscribed = True
        return {"success": True}

    async def _register(self, _: Request, account: Account, __: str) -> Json:
        account.registered = True
        return {"success": True}

    async def _delete(self, _: Request, __: Account, node: str) -> Json:
        return {"success": self._world.files.pop(node, None) is not None}

    async def _node(self, request: Request, account: Account, node: str) -> Json:
        if node not in account.ids and node in self._world.customers:
            return _profile(account, self._world.customers[node], request.query_params.get("fields", ""))
        if file := self._world.files.get(node):
            link = secrets.token_urlsafe(16)
            self._links[link] = (node, time.monotonic() + LINK_TTL_S)
            return {
                "messaging_product": "whatsapp",
                "id": node,
                "url": f"{self._base_url}/files/{link}",
                "mime_type": file.mime_type,
                "sha256": hashlib.sha256(file.content).hexdigest(),
                "file_size": str(len(file.content)),
            }
        if account.channel == "whatsapp":
            return _number(account)
        if account.channel == "facebook":
            return {"id": account.id, "name": account.name}
        linked = {"id": account.id, "username": account.name}
        page = {"id": account.page_id, "name": account.name, "instagram_business_account": linked}
        return page if node == account.page_id else {"id": "app-scoped", "user_id": account.id, **linked | page}

    async def file(self, request: Request) -> Response:
        """Answer a file of WhatsApp: the link lasts five minutes and needs the account's token and a User-Agent."""
        node, until = self._links.get(request.path_params["link"], ("", 0.0))
        file = self._world.files.get(node)
        if file is None or until < time.monotonic() or not request.headers.get("User-Agent"):
            return Response(status_code=404)
        try:
            self._entered(request, node)
        except GraphError:
            return Response(status_code=401)
        return Response(file.content, media_type=file.mime_type)

    async def public_file(self, request: Request) -> Response:
        """Answer a file of Messenger or Instagram, for everybody who has its address."""
        file = self._world.files.get(request.path_params["file_id"])
        return Response(file.content, media_type=file.mime_type) if file else Response(status_code=404)


def make_app(world: World, courier: Courier, *, base_url: str, app_secret: str) -> Starlette:
    api = GraphApi(world, base_url=base_url, app_secret=app_secret)
    return Starlette(
        routes=[
            Mount("/simulator", routes=controls.routes(world, courier, base_url=base_url)),
            Route("/files/{link}", api.file),
            Route("/cdn/{file_id}", api.public_file),
            Route("/refresh_access_token", api.refresh),
            Route("/v{version}/{path:path}", api.call, methods=["GET", "POST", "DELETE"]),
        ]
    )


def _profile(account: Account, customer: Customer, fields: str) -> Json:
    """Return what the channel reveals of a customer who wrote to the account."""
    first, _, last = customer.name.partition(" ")
    known = {"name": customer.name, "first_name": first, "last_name": last or None}
    if account.channel == "instagram":
        known = {"name": customer.name, "username": customer.username or f"customer.{customer.id}"}
    wanted = [field for field in fields.split(",") if field]
    for field in wanted:
        if account.channel == "whatsapp" or field not in known:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({field})")
    if not customer.consents:
        raise GraphError(230)
    return {field: known[field] for field in wanted if known[field]} | {"id": customer.id}


def _number(account: Account) -> Json:
    return {
        "id": account.id,
        "display_phone_number": f"+{account.phone}",
        "verified_name": account.name,
        "quality_rating": "GREEN",
        "is_on_biz_app": account.messages_per_s == _COEXISTING_PER_S,
        "throughput": {"level": "HIGH" if account.messages_per_s > _STANDARD_PER_S else "STANDARD"},
    }


def _page_of(items: list[Json], request: Request) -> Json:
    """Return a page in Meta's form: a cursor to continue with, and `next` only if there is more."""
    limit = min(int(request.query_params.get("limit", "25")), _PAGE)
    after = int(request.query_params.get("after") or 0)
    page = items[after : after + limit]
    paging: Json = {"cursors": {"before": str(after), "after": str(after + len(page))}}
    if after + len(page) < len(items):
        paging["next"] = str(request.url.include_query_params(after=after + len(page)))
    return {"data": page, "paging": paging}


async def _body(request: Request) -> Json:
    if "json" not in request.headers.get("content-type", ""):
        return {}
    try:
        value = json.loads(await request.body())
    except ValueError:
        raise GraphError(100, "Invalid JSON for POST body") from None
    if not isinstance(value, dict):
        raise GraphError(100, "Invalid JSON for POST body")
    return value


async def _part_of(request: Request) -> tuple[bytes | memoryview, str]:
    """Store the file of a multipart form on disk; return it with its declared type."""
    fields, mime_type = set(), None
    with tempfile.TemporaryFile() as file:
        try:
            async for part in form_parts(request.stream(), request.headers.get("content-type", ""), most_bytes=65_536):
                if isinstance(part, bytes):
                    file.write(part)
                elif isinstance(part, FormFile):
                    mime_type = part.content_type or "text/plain"
                else:
                    fields.add(part.name)
        except Refusal as refused:
            raise GraphError(100, refused.message) from None
        if mime_type is None or "messaging_product" not in fields:
            raise GraphError(100, "The parameters messaging_product and file are required.")
        file.flush()
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if file.tell() else b"", mime_type
