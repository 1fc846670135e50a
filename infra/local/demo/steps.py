"""The two parts of the demo: an agent that registers itself, and one that the owner of a shop creates."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx

from infra.local.demo.business.contacts import KNOWN_CONTACT_ID
from infra.local.demo.client import HTTP_OK, DemoClient, Unexpected, expect
from infra.local.demo.report import Report, Step
from infra.local.secrets import Secrets
from shared.kernel.clock import utc_now

PROTOCOL = "2025-03-26"
CREATED, REVOKED = 201, 401
SOLD = 2
MISSPELT = "ياسمن عبدالرحمن"
"""The known contact is called ياسمين عبد الرحمن: here a letter is missing and two words are one."""
REPLY = "أهلًا بحضرتك، هنرد عليك حالًا."
KEY_LIFE = timedelta(hours=1)
"""After this time a key of an interrupted demo no longer counts against the plan."""
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


class Key(NamedTuple):
    id: str
    raw: str


class Demo:
    """One run; `run` makes its e-mail addresses and keys unique."""

    def __init__(self, client: DemoClient, report: Report, secrets: Secrets) -> None:
        self._client = client
        self._report = report
        self._secrets = secrets
        self._run = f"{time.time_ns() // 1_000_000:x}"

    def walk(self) -> None:
        with self._report.chapter("An agent registers itself, on the free plan"):
            self._arrive()
        with self._report.chapter("The owner of a shop on the Growth plan creates an agent"):
            self._work()

    def _step(self, title: str) -> AbstractContextManager[Step]:
        return self._report.step(title, self._client.sent)

    def _arrive(self) -> None:
        client = self._client
        with self._step("The discovery document says where to begin") as step:
            document = client.request("GET", "/.well-known/mcp.json")
            requests = {entry["id"]: entry["request"] for entry in document["workflow"]}
            expect({"register", "exchange", "work"} <= requests.keys(), "the agent's workflow", document)
            ways = ", ".join(requests)
            step.answer = f"first {ways}; {len(document['tools'])} tools at {document['remotes'][0]['url']}"
        with self._step("The agent registers itself; nobody has to agree") as step:
            body = {
                "agent_name": "Demo agent",
                "agent_platform": "nexus-demo",
                "owner_email": f"agent-{self._run}@example.com",
                "organization_name": f"Demo run {self._run}",
            }
            made = client.request("POST", requests["register"]["url"], body, expect=CREATED)
            limits = made["limits"]
            step.answer = (
                f"an organization on the {made['plan']} plan ({limits['contacts']} contacts, {limits['orders']} "
                f"orders, scopes {', '.join(made['scopes'])}) and a key, shown once: {made['key_prefix']}…"
            )
        token = self._exchange(
            "It exchanges the key for a one-hour token", made["api_key"], requests["exchange"]["url"]
        )
        self._look_around(token)

    def _look_around(self, token: str) -> None:
        client = self._client
        with self._step("It opens the MCP endpoint") as step:
            hello = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "demo", "version": "1"}}
            opened = client.rpc("initialize", hello, token=token)
            expect(opened["protocolVersion"] == PROTOCOL, PROTOCOL, opened)
            step.answer = f"{opened['serverInfo']['name']} {opened['serverInfo']['version']}, protocol {PROTOCOL}"
        with self._step("It sees the tools that its scope allows") as step:
            tools = [tool["name"] for tool in client.rpc("tools/list", {}, token=token)["tools"]]
            expect("nexus_list_contacts" in tools, "nexus_list_contacts among the tools", tools)
            expect("nexus_create_contact" not in tools, "reading tools only", tools)
            step.answer = f"{len(tools)} reading tools: {', '.join(tools)}"
        with self._step("It lists the contacts of its new, empty organization") as step:
            listed = client.tool("nexus_list_contacts", {}, token=token)
            expect(listed["data"] == [], "no contact of anybody else's", listed)
            step.answer = "none, and nobody else's"
        with self._step("It tries to write, and the refusal says what that requires") as step:
            refusal = client.tool("nexus_create_contact", {"first_name": "Mona"}, token=token, refused=True)
            expect(refusal["error"] == "plan_limit_exceeded", "plan_limit_exceeded", refusal)
            expect(refusal["upgrade_url"], "where to upgrade", refusal)
            step.answer = f"{refusal['error']}: {refusal['message']}"
        self._show_usage(token, "free")

    def _work(self) -> None:
        client = self._client
        person = self._sign_in()
        with self._hired(person) as key:
            token = self._exchange("The agent exchanges it", key.raw)
            self._find(token)
            contact_id = self._meet(token)
            self._sell(token, contact_id)
            self._converse(token)
            self._show_usage(token, "growth")
            with self._step("The owner revokes the key") as step:
                self._revoke(person, key)
                step.answer = "revoked"
            with self._step("The token, still valid for most of an hour, no longer works") as step:
                refusal = client.rpc("tools/list", {}, token=token, expect=REVOKED)
                expect(refusal["error"] == "key_revoked", "key_revoked", refusal)
                step.answer = f"401 {refusal['error']}: {refusal['message']}"

    def _sign_in(self) -> str:
        with self._step("The owner signs in") as step:
            email, password = self._secrets.demo_email, self._secrets.demo_password
            try:
                session = self._client.request(
                    "POST",
                    "/auth/v1/token?grant_type=password",
                    {"email": email, "password": password},
                    headers={"apikey": self._secrets.publishable_key},
                )
            except Unexpected as fault:
                fault.message += " Is the demo business there? `nexus seed` puts it in."
                raise
            step.answer = f"a session of {session['user']['email']}, for {session['expires_in']} s"
        return str(session["access_token"])

    @contextmanager
    def _hired(self, person: str) -> Iterator[Key]:
        """Create a key that ends with the block, whatever happens there."""
        with self._step("The owner creates an agent with a key that may read and write") as step:
            body = {
                "name": f"nexus demo {self._run}",
                "scopes": ["read", "write"],
                "expires_at": (utc_now() + KEY_LIFE).isoformat(timespec="seconds"),
            }
            made = self._post("agent-api-key-create", body, person, expect=CREATED)
            key = Key(made["id"], made["api_key"])
            step.answer = f"{made['key_prefix']}…, scopes {', '.join(made['scopes'])}, {made['message']}"
        try:
            yield key
        finally:
            # A second revocation changes nothing, and a key that cannot be revoked expires within KEY_LIFE.
            with suppress(Unexpected, httpx.HTTPError):
                self._revoke(person, key)
            self._client.sent()

    def _revoke(self, person: str, key: Key) -> None:
        self._post("agent-api-key-revoke", {"id": key.id}, person)

    def _post(self, function: str, body: dict[str, Any], token: str, *, expect: int = HTTP_OK) -> Any:
        return self._client.request("POST", f"/functions/v1/{function}", body, headers=_bearer(token), expect=expect)

    def _exchange(self, title: str, raw_key: str, url: str = "/functions/v1/agent-auth") -> str:
        with self._step(title) as step:
            answer = self._client.request("POST", url, {"api_key": raw_key})
            step.answer = f"a token for {answer['expires_in']} s, bound to organization {answer['organization_id']}"
        return str(answer["access_token"])

    def _find(self, token: str) -> None:
        with self._step("It finds a customer by a misspelt Arabic name") as step:
            found = self._client.tool("nexus_search", {"query": MISSPELT, "kinds": ["contact"]}, token=token)["data"]
            expect(found and found[0]["id"] == str(KNOWN_CONTACT_ID), "ياسمين عبد الرحمن first", found)
            step.answer = f"{found[0]['title']} ({found[0]['matched']}), {found[0]['detail']}"

    def _meet(self, token: str) -> str:
        """Create a contact, prove that a second call does not create it twice, and return its id."""
        number = f"159{1_000_000 + int(self._run, 16) % 9_000_000}"
        with self._step("It creates a contact") as step:
            given = {
                "first_name": "هناء",
                "last_name": f"Demo {self._run[-4:]}",
                "phone": f"+20{number}",
                "email": f"hanaa-{self._run}@example.com",
                "idempotency_key": f"demo-{self._run}-contact",
            }
            made = self._client.tool("nexus_create_contact", given, token=token)
            expect(made["created"], "a new contact", made)
            step.answer = f"{made['contact']['id']}, {made['contact']['phone_number']}"
        with self._step("It creates her again, with the number as she wrote it: no second contact") as step:
            again = {"first_name": "هناء", "phone": f"0{number}".translate(_ARABIC_DIGITS)}
            same = self._client.tool("nexus_create_contact", again, token=token)
            expect(not same["created"] and same["contact"]["id"] == made["contact"]["id"], "the same contact", same)
            step.answer = f"the same contact, recognised by {same['matched_on']}"
        return str(made["contact"]["id"])

    def _sell(self, token: str, contact_id: str) -> None:
        client = self._client
        with self._step("It looks for an item to sell") as step:
            arguments = {
                "is_active": True,
                "fields": ["sku", "name", "available_quantity", "selling_price", "currency"],
            }
            listed = client.tool("nexus_list_inventory", arguments, token=token)["data"]
            item = max(listed, key=lambda entry: entry["available_quantity"])
            expect(item["available_quantity"] >= SOLD, f"an item of which {SOLD} are available", listed)
            step.answer = f"{item['sku']} {item['name']} at {item['selling_price']} {item['currency']}"
        before = self._stock("It checks the stock", token, item["sku"])
        order = self._order(token, contact_id, item["sku"])
        with self._step("It confirms the order, which reserves the stock") as step:
            moved = self._move(token, order, "confirmed")
            ways = " or ".join(moved["next_statuses"])
            step.answer = f"{moved['previous_status']} → {moved['order_status']}; next: {ways}"
        self._stock("It checks the stock again: two are reserved now", token, item["sku"], reserved_before=before)
        with self._step("It cancels the order, which frees the stock") as step:
            moved = self._move(token, order, "cancelled")
            step.answer = f"{moved['previous_status']} → {moved['order_status']}; the stock is free again"

    def _stock(self, title: str, token: str, sku: str, *, reserved_before: int | None = None) -> int:
        """Return how many are reserved; expect two more than `reserved_before` if that is given."""
        with self._step(title) as step:
            stock = self._client.tool("nexus_check_stock", {"sku": sku}, token=token)
            warehouses = "; ".join(
                f"{warehouse['name']} {warehouse['available_quantity']}" for warehouse in stock["warehouses"]
            )
            step.answer = (
                f"{stock['quantity']} in the house, {stock['reserved_quantity']} reserved, "
                f"{stock['available_quantity']} available ({warehouses})"
            )
            wanted = None if reserved_before is None else reserved_before + SOLD
            expect(wanted in (None, stock["reserved_quantity"]), f"{wanted} reserved", stock)
        return int(stock["reserved_quantity"])

    def _order(self, token: str, contact_id: str, sku: str) -> dict[str, Any]:
        arguments = {
            "customer_id": contact_id,
            "items": [{"sku": sku, "qty": SOLD}],
            "idempotency_key": f"demo-{self._run}-order",
        }
        with self._step("It creates an order by SKU; Nexus sets prices and total") as step:
            order = self._client.tool("nexus_create_order", arguments, token=token)
            expect(order["order_status"] == "pending", "a pending order", order)
            total = f"{order['total_amount']} {order['currency']}"
            step.answer = f"{order['order_number']}, {order['order_status']}, {total}"
        with self._step("It sends the same again, as after a lost answer: the same answer, no second order") as step:
            same = self._client.tool("nexus_create_order", arguments, token=token)
            expect(same == order, "the same answer", same)
            step.answer = f"{same['order_number']} again"
        return order

    def _move(self, token: str, order: dict[str, Any], status: str) -> dict[str, Any]:
        arguments = {"order_id": order["id"], "order_status": status}
        return self._client.tool("nexus_update_order_status", arguments, token=token)

    def _converse(self, token: str) -> None:
        with self._step("It lists who wrote on WhatsApp and waits for an answer") as step:
            arguments = {"channel": "whatsapp", "unread": True, "messages": 1, "limit": 10}
            chats = self._client.tool("nexus_list_conversations", arguments, token=token)["data"]
            expect(chats, "a conversation on WhatsApp that waits", chats)
            waiting = [chat for chat in chats if chat["last_message"] != REPLY] or chats
            step.answer = "; ".join(f"{chat['contact_name']}: {chat['last_message']}" for chat in waiting[:3])
        in_time = next((chat for chat in waiting if _may_be_answered(chat)), None)
        if in_time is None:
            self._meet_the_window(waiting[0]["id"], token)
            return
        with self._step("It answers the first of them whose 24 hours are not over") as step:
            sent = {"chat_id": in_time["id"], "content": REPLY, "idempotency_key": f"demo-{self._run}-message"}
            message = self._client.tool("nexus_send_message", sent, token=token)
            expect(message["status"] == "queued", "a queued message", message)
            step.answer = f"{message['status']} for {message['platform']}"

    def _meet_the_window(self, chat_id: str, token: str) -> None:
        """Show the refusal after the window closed: the shop was seeded long ago, or earlier runs answered."""
        with self._step("The refusal says that WhatsApp's 24 hours are over, and what it may send") as step:
            sent = {"chat_id": chat_id, "content": REPLY, "idempotency_key": f"demo-{self._run}-message"}
            refusal = self._client.tool("nexus_send_message", sent, token=token, refused=True)
            expect(refusal["error"] == "window_closed", "window_closed", refusal)
            step.answer = f"{refusal['error']}: {refusal['message']}"

    def _show_usage(self, token: str, plan: str) -> None:
        with self._step("It sees how much of the plan its organization has used") as step:
            report = self._client.request("GET", "/functions/v1/agent-usage", headers=_bearer(token))
            expect(report["plan"] == plan, f"the {plan} plan", report)
            meters = report["usage"].items()
            used = ", ".join(
                f"{meter['used']} of {'∞' if meter['limit'] is None else meter['limit']} {name.replace('_', ' ')}"
                for name, meter in meters
            )
            step.answer = f"{report['plan_name']}: {used}"


def _may_be_answered(chat: dict[str, Any]) -> bool:
    ends: str | None = chat.get("window_expires_at")
    return ends is not None and datetime.fromisoformat(ends) > utc_now() + timedelta(seconds=5)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
