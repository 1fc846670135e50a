"""Refusals: the errors that Nexus answers. One class for each code, one code for each cause."""

from functools import cache
from typing import Any, ClassVar, Self


class Refusal(Exception):  # noqa: N818  (a refusal is an answer, not a fault)
    """`code` is for programs and never changes, `message` is for people, the details help an agent to continue."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    default_message: ClassVar[str] = "something went wrong on our side; the request id helps us find it"
    _declared: ClassVar[dict[str, type["Refusal"]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "code" in cls.__dict__:
            Refusal._declared.setdefault(cls.code, cls)

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or self.default_message
        self.details = details
        super().__init__(self.message)

    def body(self, request_id: str) -> dict[str, Any]:
        return {"error": self.code, "message": self.message, **self.details, "request_id": request_id}

    @staticmethod
    def by_code(code: str, status: int) -> type["Refusal"]:
        """Return the class that declares the code, or a new one if no imported room declares it."""
        declared = Refusal._declared.get(code)
        if declared is not None and declared.status == status:
            return declared
        made: type[Refusal] = _undeclared(Refusal, code, status)
        return made

    @classmethod
    def with_status(cls, status: int, message: str) -> Self:
        """Return a refusal of this class with a status that another system chose."""
        kind: Any = cls
        refusal: Self = _undeclared(kind, cls.code, status)(message)
        return refusal

    @staticmethod
    def from_database(status: int, message: str, fields: dict[str, Any]) -> "Refusal":
        """Return the refusal of a database function, as an instance of the class that declares its code."""
        kind = Refusal.by_code(fields.pop("error", Refusal.code), status)
        refusal = kind.__new__(kind)
        Refusal.__init__(refusal, message, **fields)
        return refusal


@cache
def _undeclared(kind: Any, code: str, status: int) -> Any:
    made: Any = type(f"Undeclared{kind.__name__}", (kind,), {"status": status, "__module__": "database"})
    made.code = code  # Set after creation, so that the class does not declare the code.
    return made


class BadRequest(Refusal):
    status = 400
    code = "bad_request"
    default_message = "the request could not be understood"


class InvalidRequest(Refusal):
    """The body or the query does not parse; `errors` has a JSON pointer and a reason for each fault."""

    status = 422
    code = "invalid_request"
    default_message = "the request is not valid; `errors` says where"


class MissingToken(Refusal):
    status = 401
    code = "missing_token"
    default_message = "send Authorization: Bearer <token>; an agent gets one from agent-auth"


class InvalidToken(Refusal):
    status = 401
    code = "invalid_token"
    default_message = "the token is invalid or has expired: exchange the API key again at agent-auth"


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    default_message = "this credential may not do that"


class InsufficientScope(Refusal):
    status = 403
    code = "insufficient_scope"
    default_message = "the credential lacks the scope that this call needs"


class PlanLimitExceeded(Refusal):
    status = 403
    code = "plan_limit_exceeded"
    default_message = "the organization's plan does not allow more"


class NotFound(Refusal):
    """A missing row and another tenant's row alike."""

    status = 404
    code = "not_found"
    default_message = "no such record in this organization: check the id"


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"
    default_message = "this endpoint does not answer that method"


class Conflict(Refusal):
    status = 409
    code = "conflict"
    default_message = "the present state of the record does not allow that"


class PayloadTooLarge(Refusal):
    status = 413
    code = "payload_too_large"
    default_message = "the body is larger than this endpoint accepts"


class UnsupportedMediaType(Refusal):
    status = 415
    code = "unsupported_media_type"
    default_message = "send the body as application/json"


class RateLimited(Refusal):
    """`retry_after` is in seconds."""

    status = 429
    code = "rate_limit_exceeded"
    default_message = "too many requests"


class Unavailable(Refusal):
    """Nothing was changed that the caller was told of: sending the request again is safe."""

    status = 503
    code = "unavailable"
    default_message = "a part of Nexus does not answer; send the request again in a few seconds"
