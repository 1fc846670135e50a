"""One call of /auth/v1: its caller, as the lower rooms see a visitor, and the target of its mails."""

from typing import NamedTuple

from shared.edge import Call
from shared.platform.accounts import redirects
from shared.platform.accounts.models import Landing, Visitor
from shared.platform.accounts.proofs.flows import challenge
from shared.tenancy.principal import Principal

from .bodies import Begun

PREFIX = "/auth/v1"
_LONGEST_LANGUAGES = 200


class AccountContext(NamedTuple):
    call: Call
    principal: Principal | None = None
    """The person or the service, on a route that admits nobody else."""

    @property
    def visitor(self) -> Visitor:
        headers = self.call.request.headers
        return Visitor(
            self.call.address,
            headers.get("user-agent"),
            self.call.request_id,
            headers.get("accept-language", "")[:_LONGEST_LANGUAGES],
        )

    def landing(self, begun: Begun | None = None, *, wanted: str | None = None) -> Landing:
        """Return the target of a mail's link: the first allowed address that the request names.

        Raises:
            InvalidRequest: for a challenge that is not valid.
        """
        request = self.call.request
        named = (request.query_params.get("redirect_to"), request.headers.get("redirect_to"))
        return Landing(
            redirects.allowed(wanted, *named, request.headers.get("referer")),
            challenge(begun.code_challenge, begun.code_challenge_method) if begun else None,
        )

    @property
    def person(self) -> Principal:
        if self.principal is None:
            raise AssertionError("a route that admits no person")
        return self.principal
