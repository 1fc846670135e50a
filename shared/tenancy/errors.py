"""Refusals of the database at the start of a transaction: what became of the caller's key, session or membership."""

from shared.kernel.errors import Forbidden, Refusal


class KeyRevoked(Refusal):
    """Raised by the database: the agent's key was revoked or has expired."""

    status = 401
    code = "key_revoked"


class SessionEnded(Refusal):
    """Raised by the database: the person signed out, or was signed out."""

    status = 401
    code = "session_ended"


class AccountBanned(Forbidden):
    """Raised by the database: the account may not sign in until `banned_until`."""

    code = "account_banned"


class AccountGone(Forbidden):
    """Raised by the database: the account was deleted."""

    code = "account_gone"


class NoOrganization(Forbidden):
    """Raised by the database: the caller belongs to no organization, or was removed from it."""

    code = "no_organization"
