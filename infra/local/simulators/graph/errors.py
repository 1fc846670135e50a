"""Refusals of the simulator, in Meta's form."""

from typing import Any, NamedTuple

_MESSAGES = {
    0: "AuthException: the user could not be authenticated",
    1: "An unknown error occurred",
    2: "An unexpected error has occurred. Please retry your request later.",
    4: "(#4) Application request limit reached",
    10: "(#10) Application does not have permission for this action",
    33: "Unsupported get request. Object with this id does not exist or cannot be loaded due to missing permissions",
    100: "(#100) Invalid parameter",
    190: "Error validating access token: The session has been invalidated",
    230: "(#230) User consent is required to access user profile",
    368: "(#368) Temporarily blocked for policies violations",
    551: "(#551) This person isn't available right now.",
    613: "(#613) Calls to this api have exceeded the rate limit.",
    80007: "(#80007) Rate limit hit for the WhatsApp Business Account",
    130429: "(#130429) Rate limit hit",
    130472: "(#130472) User's number is part of an experiment",
    131000: "(#131000) Something went wrong",
    131008: "(#131008) Required parameter is missing",
    131009: "(#131009) Parameter value is not valid",
    131026: "Message undeliverable",
    131031: "(#131031) Account has been locked",
    131042: "Business eligibility payment issue",
    131047: "Re-engagement message",
    131048: "(#131048) Spam rate limit hit",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    131051: "(#131051) Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "(#131056) (Business Account, Consumer Account) pair rate limit hit",
    131062: "(#131062) This message type cannot be sent to a business-scoped user id",
    132000: "(#132000) Number of parameters does not match the expected number of params",
    132001: "(#132001) Template name does not exist in the translation",
    132012: "(#132012) Parameter format does not match format in the created template",
    132015: "(#132015) Template is paused",
    132016: "(#132016) Template is disabled",
    133010: "(#133010) Phone number not registered",
}
_STATUS = {
    1: 500,
    2: 503,
    131000: 500,
    190: 401,
    0: 401,
    4: 429,
    613: 429,
    80007: 429,
    130429: 429,
    131048: 429,
    131056: 429,
}
_DETAILS = {
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied.",
    131056: "Too many messages were sent from this phone number to the same phone number in a short period of time.",
    131026: "Message Undeliverable.",
    190: "The access token could not be decrypted or has expired.",
}


class GraphError(Exception):
    """A refusal of Meta; `status` is the HTTP status, which varies at Meta too for the same code."""

    def __init__(self, code: int, details: str | None = None, *, subcode: int | None = None) -> None:
        self.code = code
        self.message = _MESSAGES.get(code, f"(#{code}) Error")
        self.details = details or _DETAILS.get(code)
        self.subcode = subcode
        self.status = _STATUS.get(code, 400)
        self.retry_after_s: int | None = None
        super().__init__(self.message, self.details)

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self.message, "type": "OAuthException", "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.code in {1, 2}:
            error["is_transient"] = True
        return {"error": {**error, "fbtrace_id": "Simulated"}}

    def in_status(self) -> dict[str, Any]:
        """Return the error in the form of a status webhook."""
        error = {"code": self.code, "title": self.message, "message": self.message}
        return error | ({"error_data": {"details": self.details}} if self.details else {})


class Faulted(NamedTuple):
    """An ordered fault, and whether the call still has its effect."""

    name: str
    accepted: bool
