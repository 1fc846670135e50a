"""Who is there in the simulated Meta: accounts, their templates, customers, and what went between them."""

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

    def told(self) -> dict[str, Any]:
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
    """`id` is the phone number id, page id or Instagram id; `business_id` what webhooks have as the entry's id."""

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
    """A number used in the phone app too has 20, one that Meta has raised 1,000."""
    templates: list[Template] = field(default_factory=list)
    token_lasts_s: int | None = None
    """What the exchange of a sign-up's code says of it."""
    token_since: datetime | None = None
    """None: so long ago that it may be refreshed."""

    @property
    def ids(self) -> set[str]:
        """What stands for it in a path."""
        return {self.id, self.business_id, *([self.page_id] if self.page_id else [])}


@dataclass
class Customer:
    """`id` is the number without a plus, or the page-scoped id; a WhatsApp one may hide the number."""

    id: str
    name: str
    user_id: str
    username: str | None = None
    hides_number: bool = False
    consents: bool = True
    """Whether pages and accounts may learn the name."""


@dataclass
class Line:
    """One message between an account and a customer, in the order in which they came to pass."""

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
        """What a person would read."""
        return readable(self.kind, self.content)


@dataclass
class File:
    """`content` is a view of a file on disk where it was put up."""

    content: bytes | memoryview
    mime_type: str
    owner: str


@dataclass
class Received:
    """A call as it came in, for who wants to know what was really asked."""

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
            told = content.get("caption") or content.get("filename") or content.get("name") or ""
            return f"[{kind}] {told}".strip()


def digits(count: int) -> str:
    return "1" + "".join(secrets.choice(string.digits) for _ in range(count - 1))


def new_message_id(channel: Channel) -> str:
    random = base64.urlsafe_b64encode(secrets.token_bytes(24)).decode()
    return f"wamid.{random}" if channel == "whatsapp" else f"m_{random}"


def new_token() -> str:
    return "EAASIM" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(40))
