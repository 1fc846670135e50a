"""Records of the simulated Meta: accounts, their templates, customers, and their messages."""

import base64
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Channel = Literal["whatsapp", "facebook", "instagram"]
MESSAGES_PER_S = {"whatsapp": 80, "facebook": 300, "instagram": 100}
OBJECTS = {"whatsapp": "whatsapp_business_account", "facebook": "page", "instagram": "instagram"}


@dataclass
class Template:
    name: str
    language: str
    category: str
    components: list[dict[str, Any]]
    status: str = "APPROVED"
    id: str = field(default_factory=lambda: digits(15))

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "components": self.components,
            "parameter_format": "NAMED" if "{{1}}" not in str(self.components) and "{{" in str(self.components) else
            "POSITIONAL",
        }  # fmt: skip


@dataclass
class Account:
    """`id` is the phone number id, page id or Instagram id; `business_id` is the entry's id in webhooks."""

    channel: Channel
    id: str
    business_id: str
    token: str
    name: str
    phone: str = ""
    page_id: str | None = None
    registered: bool = True
    subscribed: bool = True
    messages_per_s: int = 80
    """20 for a number that is used in the phone app too, 1,000 for one that Meta has raised."""
    templates: list[Template] = field(default_factory=list)
    token_lasts_s: int | None = None
    """The life of the token, as the exchange of a sign-up's code states it."""
    token_since: datetime | None = None
    """When the token was made; None for one that is old enough to be refreshed."""

    @property
    def ids(self) -> set[str]:
        """The ids that name it in a path."""
        return {self.id, self.business_id, *([self.page_id] if self.page_id else [])}


@dataclass
class Customer:
    """`id` is the number without a plus, or the page-scoped id; a WhatsApp user may hide the number."""

    id: str
    name: str
    user_id: str
    username: str | None = None
    hides_number: bool = False
    consents: bool = True
    """Whether pages and accounts may learn the name."""


@dataclass
class Line:
    """One message between an account and a customer; `number` is its place in the order of events."""

    number: int
    account_id: str
    customer_id: str
    by_customer: bool
    message_id: str
    kind: str
    content: dict[str, Any]
    at: datetime
    status: str | None = None
    opaque: str | None = None

    @property
    def text(self) -> str:
        """The text that a person reads."""
        return readable(self.kind, self.content)


@dataclass
class File:
    """`content` is a view of a file on disk if it was uploaded."""

    content: bytes | memoryview
    mime_type: str
    owner: str


@dataclass
class Received:
    """A received call, for tests that check what was really sent."""

    method: str
    path: str
    body: dict[str, Any]
    fault: str | None = None


def readable(kind: str, content: dict[str, Any]) -> str:
    match kind:
        case "text":
            return str(content.get("body") or content.get("text") or "")
        case "template":
            filled = [
                str(parameter.get("text", ""))
                for part in content.get("components", [])
                for parameter in part.get("parameters", [])
            ]
            return f"[template {content.get('name')}] {', '.join(filled)}".strip()
        case "interactive":
            return str(content.get("body", {}).get("text", ""))
        case "reaction":
            return f"[reaction {content.get('emoji') or 'removed'}]"
        case _:
            label = content.get("caption") or content.get("filename") or content.get("name") or ""
            return f"[{kind}] {label}".strip()


def digits(count: int) -> str:
    return "1" + "".join(secrets.choice(string.digits) for _ in range(count - 1))


def new_message_id(channel: Channel) -> str:
    random = base64.urlsafe_b64encode(secrets.token_bytes(24)).decode()
    return f"wamid.{random}" if channel == "whatsapp" else f"m_{random}"


def new_token() -> str:
    return "EAASIM" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(40))
