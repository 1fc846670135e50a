"""Writes with an idempotency key: the claim, and the stored answer."""

import msgspec

from shared.edge import Call, idempotency
from shared.edge.idempotency import InvalidIdempotencyKey
from shared.kernel.errors import Refusal
from shared.platform.rest.errors import DatabaseFault
from shared.platform.rest.host import Response
from shared.platform.rest.request import Incoming
from shared.runtime.postgres.statement import Statement
from shared.tenancy.principal import Kind

_OF_THE_REQUEST = ("accept", "accept-profile", "content-profile", "content-type", "prefer")
"""Headers that make another request of the same body."""
_REPLAYED = ("Idempotent-Replayed", "true")


class KeptWrite:
    """The claim of one request."""

    def __init__(self, request: idempotency.IdempotentRequest) -> None:
        self._request = request
        self.claim: Statement = idempotency.claim_statement(request)

    def keep(self, answer: Response) -> Statement:
        """Return the statement that stores the answer.

        Raises:
            AnswerTooLargeToKeep.
        """
        return idempotency.keep_statement(self._request, status=answer.status, response=msgspec.json.encode(answer))

    def replayed(self, fault: DatabaseFault) -> Response | None:
        if fault.sqlstate != "PT409":
            return None
        refusal = Refusal.from_database(409, fault.message, msgspec.json.decode(fault.detail or "{}"))
        kept = idempotency.kept(refusal, self._request)
        if kept is None:
            return None
        answer = msgspec.json.decode(kept.response, type=Response)
        return Response(answer.status, (*answer.headers, _REPLAYED), answer.body)


def idempotent_write(call: Call, incoming: Incoming) -> KeptWrite | None:
    """Return the claim, or None without a key.

    Raises:
        InvalidIdempotencyKey: also for anonymous callers, since answers are stored for persons and agents.
    """
    key = call.headers.get("idempotency-key")
    if key is None:
        return None
    if call.principal.kind not in (Kind.USER, Kind.AGENT):
        raise InvalidIdempotencyKey("Idempotency-Key needs the token of a person or an agent in Authorization")
    named = {name: value for name, value in incoming.headers if name in _OF_THE_REQUEST}
    payload = msgspec.json.encode([incoming.query, named], order="sorted") + b"\n" + incoming.body
    return KeptWrite(idempotency.idempotent_request(f"rest {incoming.method} {incoming.path}", key, payload))
