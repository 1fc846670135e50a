"""A client of the Graph API: its requests, and the meaning of its answers and of no answer."""

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import msgspec

from shared.runtime import http
from shared.runtime.settings import settings

from .answers import (
    Access,
    InstagramAccount,
    MediaInfo,
    Page,
    PhoneNumber,
    Profile,
    RemoteTemplate,
    Sent,
    action_from,
    fault_of,
    instagram_from,
    media_from,
    page_from,
    phone_from,
    profile_from,
    retry_after,
    sent_from,
    template_from,
)
from .bodies import mark_read_body
from .events import Channel
from .faults import FaultKind, ProviderFault
from .uploads import Form, UploadFile
from .wire import Wire, decode

if TYPE_CHECKING:
    import httpx

_MOST_PAGES = 40
_PAGE_SIZE = 200
_FILE_HOST = re.compile(r"[a-z0-9.-]+\.(fbsbx\.com|facebook\.com|fbcdn\.net|whatsapp\.net|cdninstagram\.com)", re.ASCII)
_NUMBER_FIELDS = "id,display_phone_number,verified_name,quality_rating,is_on_biz_app,throughput"
_PROFILE_FIELDS = {"facebook": "name,first_name,last_name", "instagram": "name,username"}
PAGE_FIELDS = (
    "messages,messaging_postbacks,messaging_referrals,messaging_optins,message_deliveries,message_reads,"
    "message_echoes,message_reactions,message_edits,messaging_handovers,messaging_policy_enforcement,standby"
)


class GraphClient:
    """A client with one account's access. Every method raises ProviderFault for a refusal or without an answer.

    Without an answer, the fault of a call that only reads is `retry`; that of a call that changes something is
    `unknown` once its body may have arrived.
    """

    def __init__(self, base_url: str, version: str, access_token: str) -> None:
        self._root = f"{base_url.rstrip('/')}/{version}"
        self._base_url = base_url
        self._unversioned_root = base_url.rstrip("/")
        self._access_token = access_token

    async def send(self, account_id: str, body: Mapping[str, Any]) -> Sent:
        """Send a message; most failures come later, as a status.

        Raises:
            ProviderFault: `unknown` if the message may have gone out.
        """
        read = action_from if "sender_action" in body else sent_from
        return read(await self._call("POST", f"{account_id}/messages", json=body))

    async def mark_read(self, account_id: str, message_id: str, *, typing: bool = False) -> None:
        """Mark a WhatsApp message as read; for Messenger and Instagram, use `sender_action_body` and `send_action`."""
        await self._call("POST", f"{account_id}/messages", json=mark_read_body(message_id, typing=typing))

    async def send_action(self, account_id: str, body: Mapping[str, Any]) -> None:
        """Send an action: a seen mark, the start or end of typing, a reaction."""
        await self._call("POST", f"{account_id}/messages", json=body)

    async def templates(self, waba_id: str) -> list[RemoteTemplate]:
        fields = "id,name,language,status,category,components,quality_score,parameter_format"
        return [template_from(item) for item in await self._pages(f"{waba_id}/message_templates", fields)]

    async def phone_numbers(self, waba_id: str) -> list[PhoneNumber]:
        return [phone_from(item) for item in await self._pages(f"{waba_id}/phone_numbers", _NUMBER_FIELDS)]

    async def phone_number(self, phone_number_id: str) -> PhoneNumber:
        return phone_from(await self._call("GET", phone_number_id, params={"fields": _NUMBER_FIELDS}))

    async def register(self, phone_number_id: str, *, pin: str) -> None:
        """Register the number for the Cloud API; the pin becomes its two-step verification."""
        body = {"messaging_product": "whatsapp", "pin": pin}
        await self._call("POST", f"{phone_number_id}/register", json=body)

    async def page(self, page_id: str = "me") -> Page:
        """Return the page of a page token, with its linked Instagram account."""
        fields = "id,name,instagram_business_account{id,username}"
        return page_from(await self._call("GET", page_id, params={"fields": fields}))

    async def instagram_account(self) -> InstagramAccount:
        """Return the account of an Instagram login, with the id that webhooks use."""
        return instagram_from(await self._call("GET", "me", params={"fields": "user_id,username"}))

    async def profile(self, scoped_id: str, *, channel: Channel) -> Profile:
        """Return the names of a person who has written to the page or account.

        The picture is not requested, because its URL ends after days and nothing shows it.
        """
        return profile_from(await self._call("GET", scoped_id, params={"fields": _PROFILE_FIELDS[channel]}))

    async def subscribe(self, account_id: str, *, fields: str | None = None) -> None:
        """Subscribe to an account's webhooks: a page or Instagram account names `fields`, a WhatsApp account none."""
        params = {"subscribed_fields": fields} if fields else None
        await self._call("POST", f"{account_id}/subscribed_apps", params=params)

    async def exchange_code(
        self, *, app_id: str, app_secret: str, code: str, redirect_uri: str | None = None
    ) -> Access:
        """Return the token for the code of a sign-up, which can be used once and within minutes."""
        params = {"client_id": app_id, "client_secret": app_secret, "code": code}
        params |= {"redirect_uri": redirect_uri} if redirect_uri is not None else {}
        answer = await self._call("GET", "oauth/access_token", params=params, anonymous=True)
        token = answer.text("access_token")
        if token is None:
            raise ProviderFault(FaultKind.RECONNECT, "Meta gave no token for this code")
        return Access(token, answer.number("expires_in"))

    async def refresh_token(self) -> Access:
        """Renew the token of an Instagram login for 60 days; Meta refuses a token that is younger than 24 hours."""
        params = {"grant_type": "ig_refresh_token", "access_token": self._access_token}
        answer = await self._call("GET", "refresh_access_token", params=params, anonymous=True, versioned=False)
        token = answer.text("access_token")
        if token is None:
            raise ProviderFault(FaultKind.RETRY, "Meta gave no token")
        return Access(token, answer.number("expires_in"))

    async def media(self, media_id: str) -> MediaInfo:
        """Return the file's description, whose URL is valid for about five minutes."""
        return media_from(await self._call("GET", media_id))

    async def upload(self, account_id: str, file: UploadFile) -> str:
        """Upload the file; return its id for sending, which is valid for 30 days."""
        form = Form({"messaging_product": "whatsapp", "type": file.mime_type}, file)
        answer = await self._call("POST", f"{account_id}/media", headers=form.headers, content=form.body())
        media_id = answer.text("id")
        if media_id is None:
            raise ProviderFault(FaultKind.RETRY, "Meta gave no id for the file", most_attempts=2)
        return media_id

    async def download(self, url: str, into: BinaryIO, *, limit_bytes: int) -> http.Downloaded:
        """Download the file at `MediaInfo.url`; the token is sent to Meta's own hosts only.

        Raises:
            DownloadFailedError, FileTooLargeError: as in shared.runtime.http.
        """
        headers = {"Authorization": f"Bearer {self._access_token}"}
        return await http.download(url, into, limit_bytes=limit_bytes, may_visit=self.may_visit, headers=headers)

    def may_visit(self, url: str) -> bool:
        """Return whether a file's URL is Meta's: the Graph's scheme, host and port, or a file host of Meta's by https.

        The URL is parsed by the library that requests it, so that both read it in the same way.
        """
        import httpx  # noqa: PLC0415

        try:
            target, own = httpx.URL(url), httpx.URL(self._base_url)
        except httpx.InvalidURL:
            return False
        if target.userinfo:
            return False
        is_own = (target.scheme, target.host, target.port) == (own.scheme, own.host, own.port)
        return is_own or ((target.scheme, target.port) == ("https", None) and bool(_FILE_HOST.fullmatch(target.host)))

    async def _pages(self, path: str, fields: str) -> list[Wire]:
        found: list[Wire] = []
        params = {"fields": fields, "limit": str(_PAGE_SIZE)}
        for _ in range(_MOST_PAGES):
            answer = await self._call("GET", path, params=params)
            found += answer.elements("data")
            after = answer.text("paging", "cursors", "after")
            if after is None or "next" not in answer.at("paging"):
                return found
            params = {**params, "after": after}
        return found

    async def _call(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        anonymous: bool = False,
        versioned: bool = True,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Wire:
        """Return the answer's JSON.

        Raises:
            ProviderFault: the answer names an error, cannot be read, or does not come.
        """
        import httpx  # noqa: PLC0415  100 ms that a function without outside calls does not pay

        sent_headers = {**(headers or {}), **({} if anonymous else {"Authorization": f"Bearer {self._access_token}"})}
        if "json" in request:
            request["content"] = msgspec.json.encode(request.pop("json"))
            sent_headers["Content-Type"] = "application/json"
        unanswered = FaultKind.RETRY if method == "GET" else FaultKind.UNKNOWN
        timeout_s = settings().graph_timeout_s
        root = self._root if versioned else self._unversioned_root
        try:
            async with asyncio.timeout(timeout_s * 2):  # also ends an answer that arrives too slowly
                answer = await http.client().request(
                    method, f"{root}/{path}", headers=sent_headers, timeout=timeout_s, **request
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as fault:
            raise ProviderFault(FaultKind.RETRY, f"Meta was not reached: {fault!r}") from fault
        except (httpx.HTTPError, TimeoutError) as fault:
            raise ProviderFault(unanswered, f"Meta's answer did not come: {fault!r}") from fault
        return _read(answer, unanswered)


def graph(access_token: str) -> GraphClient:
    """Return a client of the Graph API at the URL and version of the settings."""
    return GraphClient(settings().graph_url, settings().graph_version, access_token)


def instagram_graph(access_token: str) -> GraphClient:
    """Return a client of the host for accounts connected by Instagram Login."""
    return GraphClient(settings().instagram_graph_url, settings().graph_version, access_token)


def _read(answer: "httpx.Response", unanswered: FaultKind) -> Wire:
    """Return the answer's JSON, or raise its fault; the body decides first, because an error may have status 200."""
    document = Wire(decode(answer.content))
    wait_s = retry_after(answer.headers.get("Retry-After"))
    if document.at("error"):
        raise fault_of(document.at("error"), wait_s)
    if answer.status_code in {429, 503}:
        raise ProviderFault(FaultKind.RETRY, f"Meta answers {answer.status_code}", retry_after_s=wait_s)
    if answer.is_server_error or (answer.is_success and not document):
        raise ProviderFault(
            unanswered, f"Meta's answer cannot be read: status {answer.status_code}", retry_after_s=wait_s
        )
    if not answer.is_success:
        raise ProviderFault(FaultKind.CONTENT, f"Meta answers {answer.status_code} and no reason")
    return document
