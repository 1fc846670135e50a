"""The caller of a request, as the database sees it."""

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """`claims` is the token's JSON text, which the SQL side reads as request.jwt.claims."""

    role: str
    claims: str
    anonymous: bool = False
    """Whether the role is that of requests without a token; a missing right is then answered with 401 instead of 403.
    """
