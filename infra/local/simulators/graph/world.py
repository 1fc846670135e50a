"""The state of the simulated Meta: one for a running simulator, safe to use from other threads."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from shared.kernel.clock import utc_now

from .errors import GraphError
from .faults import Script
from .limits import Limits
from .records import (
    MESSAGES_PER_S,
    Account,
    Channel,
    Customer,
    File,
    Line,
    Received,
    Template,
    digits,
    new_message_id,
    new_token,
)
from .webhooks import Update

KEPT = 10_000
WINDOW = DAY = timedelta(hours=24)


class World:
    """Accounts, customers, conversations, files, and the updates that wait to be delivered."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.now: Callable[[], datetime] = utc_now
        self.accounts: dict[str, Account] = {}
        self.customers: dict[str, Customer] = {}
        self.lines: list[Line] = []
        self.files: dict[str, File] = {}
        self.codes: dict[str, str] = {}
        self.received: list[Received] = []
        self.waiting: list[Update] = []
        self.faults = Script()
        self.limits = Limits()
        self._wrote: dict[tuple[str, str], datetime] = {}
        self._count = 0

    def add_account(
        self, channel: Channel, *, id: str | None = None, business_id: str | None = None, token: str | None = None,
        name: str = "Shop", phone: str = "",
    ) -> Account:  # fmt: skip
        """Add an account; keep one that exists already as it is."""
        with self.lock:
            account_id = id or digits(15)
            if account_id in self.accounts:
                return self.accounts[account_id]
            account = Account(
                channel=channel,
                id=account_id,
                business_id=business_id or (digits(15) if channel == "whatsapp" else account_id),
                token=token or new_token(),
                name=name,
                phone=phone or (f"20155{digits(7)}" if channel == "whatsapp" else ""),
                page_id=digits(15) if channel == "instagram" else None,
                messages_per_s=MESSAGES_PER_S[channel],
            )
            self.accounts[account_id] = account
            return account

    def account(self, node: str) -> Account:
        """Return the account by any of its ids.

        Raises:
            GraphError: 100/33, Meta's answer for an object that does not exist or belongs to others.
        """
        found = self.accounts.get(node) or next((one for one in self.accounts.values() if node in one.ids), None)
        if found is None:
            raise GraphError(100, f"Object with ID '{node}' does not exist", subcode=33)
        return found

    def numbers(self, waba_id: str) -> list[Account]:
        return [one for one in self.accounts.values() if one.channel == "whatsapp" and one.business_id == waba_id]

    def customer(self, customer_id: str, *, name: str | None = None) -> Customer:
        """Return the customer; create it at the first use."""
        with self.lock:
            found = self.customers.get(customer_id)
            if found is None:
                found = Customer(customer_id, name or "Customer", f"EG.{digits(20)}")
                self.customers[customer_id] = found
            if name:
                found.name = name
            return found

    def find_customer(self, recipient: str) -> Customer:
        """Find the customer by number, user id or scoped id, as a send names them."""
        plain = recipient.removeprefix("+").replace(" ", "").replace("-", "")
        known = next((one for one in self.customers.values() if recipient == one.user_id), None)
        return known or self.customer(plain)

    def write_down(self, line: Line) -> Line:
        with self.changed:
            self._count += 1
            line.number = self._count
            self.lines.append(line)
            del self.lines[:-KEPT]
            if line.by_customer:
                key = (line.account_id, line.customer_id)
                self._wrote[key] = max(line.at, self._wrote.get(key, line.at))
            self.changed.notify_all()
            return line

    def is_closed(self, account_id: str, customer_id: str, *, after: timedelta = WINDOW) -> bool:
        """Return whether the customer's last message is longer ago; False if the simulator has seen none."""
        wrote = self._wrote.get((account_id, customer_id))
        return wrote is not None and self.now() - wrote > after

    def stranger(self, account_id: str, customer_id: str) -> bool:
        """Return whether this person never wrote to the account."""
        return (account_id, customer_id) not in self._wrote

    def line(self, message_id: str) -> Line:
        """Return the line of the message.

        Raises:
            GraphError: 131009 for an id that is none of ours.
        """
        with self.lock:
            found = next((one for one in reversed(self.lines) if one.message_id == message_id), None)
            if found is None:
                raise GraphError(131009, "Message id is not known.")
            return found

    def conversation(self, account_id: str, customer_id: str, *, after: int = 0) -> list[Line]:
        with self.lock:
            key = (account_id, customer_id)
            return [one for one in self.lines if one.number > after and (one.account_id, one.customer_id) == key]

    def new_line(self, account: Account, customer: Customer, kind: str, content: dict[str, Any], **more: Any) -> Line:
        return Line(
            number=0,
            account_id=account.id,
            customer_id=customer.id,
            by_customer=more.pop("by_customer", False),
            message_id=more.pop("message_id", None) or new_message_id(account.channel),
            kind=kind,
            content=content,
            at=more.pop("at", None) or self.now(),
            **more,
        )

    def tell(self, account: Account, updates: Iterable[Update]) -> None:
        """Put updates into the queue to the app, if it has subscribed."""
        with self.changed:
            if account.subscribed:
                self.waiting += updates
            self.changed.notify_all()

    def take_waiting(self, due_before: float) -> list[Update]:
        with self.lock:
            due = [one for one in self.waiting if one.due <= due_before]
            self.waiting = [one for one in self.waiting if one.due > due_before]
            return due

    def add_template(self, account: Account, template: Template) -> Template:
        """Add the template to every number of the account."""
        with self.lock:
            for number in self.numbers(account.business_id):
                number.templates.append(template)
            return template

    def refresh_token(self, account: Account, grant_type: str | None) -> None:
        """Refresh the token.

        Raises:
            GraphError: 100 for a token that is less than a day old, or not of Instagram.
        """
        if (account.channel, grant_type) != ("instagram", "ig_refresh_token"):
            raise GraphError(100, "Unsupported grant type")
        with self.lock:
            if account.token_since is not None and self.now() - account.token_since < DAY:
                raise GraphError(100, "The access token is less than 24 hours old.")
            account.token, account.token_since = new_token(), self.now()

    def sign_up(self, *, name: str = "Shop") -> tuple[str, Account]:
        """Complete an embedded sign-up; return the code to exchange, and the number that it gives access to."""
        account = self.add_account("whatsapp", name=name)
        account.registered = account.subscribed = False
        code = f"AQ{digits(30)}"
        with self.lock:
            self.codes[code] = account.token
        return code, account
