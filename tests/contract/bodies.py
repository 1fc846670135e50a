"""Bodies, good and bad."""

from typing import Any

from shared.edge.spec import Spec

_NO_KEY = {"id": "00000000-0000-0000-0000-000000000001"}
BODIES: dict[str, dict[str, Any]] = {
    "agent-api-key-create": {"name": "Layla"},
    "agent-api-key-revoke": _NO_KEY,
    "agent-api-key-rotate": _NO_KEY,
    "channel-disconnect": {"channel_id": _NO_KEY["id"]},
    "contact-erase": {"customer_id": _NO_KEY["id"]},
    "contact-export": {"customer_id": _NO_KEY["id"]},
    "conversation-archive": {"chat_id": _NO_KEY["id"]},
    "conversation-assign": {"chat_id": _NO_KEY["id"], "assigned_to": None},
    "conversation-messages": {"chat_id": _NO_KEY["id"]},
    "facebook-send-message": {"chat_id": _NO_KEY["id"], "message": "hello"},
    "instagram-send-message": {"chat_id": _NO_KEY["id"], "message": "hello"},
    "mark-as-read": {"chat_id": _NO_KEY["id"]},
    "media-link": _NO_KEY,
    "order-correct-payment": {"order_id": _NO_KEY["id"], "payment_status": "paid"},
    "save-page-credentials": {"access_token": "EAAG-none"},
    "save-whatsapp-credentials": {"waba_id": "1", "access_token": "EAAG-none"},
    "wa-send": {"chat_id": _NO_KEY["id"], "message": "hello"},
    "whatsapp-reply-status": {"messageId": _NO_KEY["id"]},
    "whatsapp-send-message": {"chat_id": _NO_KEY["id"], "message": "hello"},
    "whatsapp-send-reaction": {"message_id": _NO_KEY["id"], "emoji": "👍"},
    "whatsapp-send-template": {"chat_id": _NO_KEY["id"], "template_name": "order_update", "language": "ar"},
    "wa-es-callback": {"code": "AQ-none", "waba_id": "1"},
}
"""What is read without a fault, for tests about what comes after reading."""


def readable(spec: Spec) -> dict[str, Any]:
    """A request that the function reads without a fault, as the client's arguments."""
    fields = BODIES.get(spec.name)
    return {"params" if spec.method == "GET" else "json": fields} if fields is not None else {}


JSON = {"Content-Type": "application/json"}
TEN_MEGABYTES = 10 * 1024 * 1024
MALFORMED = {
    "broken": b'{"a": ',
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "nested 100,000 deep": b"[" * 100_000,
    "nested and closed": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a lone surrogate": rb'{"a": "\ud800"}',
    "two documents": b"{} {}",
    "a comment": b'{"a": 1} // one',
    "single quotes": b"{'a': 1}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NUL": b"\x00",
}
