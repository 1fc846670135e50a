"""Transactions with the rights of their caller: the only module that names a database role."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType

import msgspec

from shared.kernel.errors import PlanLimitExceeded, Refusal
from shared.runtime.postgres.statement import Statement
from shared.runtime.postgres.transaction import Tx, transaction
from shared.runtime.settings import settings

from .principal import SERVICE, Principal

ENTER = "SELECT app.enter(%(role)s, %(claims)s, %(headers)s, %(scope)s, %(calls_today)s)"


def tenant_tx(
    principal: Principal,
    *,
    request_id: str,
    scope: str | None,
    calls_today: int | None = None,
    read_only: bool = False,
) -> AbstractAsyncContextManager[Tx]:
    """Return a transaction that sees only the caller's rows.

    `scope` is what the caller needs: read, write, admin, or manage (a person who is owner or admin); None needs no
    organization. `calls_today` is compared with the plan.

    Raises:
        Refusal: at the first statement: key_revoked, insufficient_scope, plan_limit_exceeded, no_organization.
    """
    enter = enter_statement(principal, request_id=request_id, scope=scope, calls_today=calls_today)
    return _Upgradable(enter, read_only=read_only)


def enter_statement(
    principal: Principal, *, request_id: str, scope: str | None, calls_today: int | None = None
) -> Statement:
    """Return the first statement of a `tenant_tx`, for a transaction that the caller of this function sends itself."""
    return Statement(
        ENTER,
        {
            "role": principal.role,
            "claims": principal.claims,
            "headers": msgspec.json.encode({"x-request-id": request_id}).decode(),
            "scope": scope,
            "calls_today": calls_today,
        },
    )


def on_behalf_tx(principal: Principal, *, request_id: str, scope: str) -> AbstractAsyncContextManager[Tx]:
    """Return a transaction with the service's rights in the caller's name, for actions that only the service may do.

    The caller needs the scope, and the audit trail names the caller. Row policies do not apply here: every statement
    must name the caller's organization.

    Raises:
        Refusal: as `tenant_tx`.
    """
    acting = msgspec.structs.replace(principal, role=SERVICE.role)
    return tenant_tx(acting, request_id=request_id, scope=scope)


def service_tx(*, request_id: str, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
    """Return a transaction that sees every tenant's rows: before a tenant is known, and in jobs. Never for a caller."""
    return tenant_tx(SERVICE, request_id=request_id, scope=None, read_only=read_only)


def service_statements(*, request_id: str) -> AbstractAsyncContextManager[Tx]:
    """Return a `service_tx` that commits every statement in its round trip, and repeats it if the connection was dead.

    Use it for idempotent writes that are too many for two round trips.
    """
    return tenant_tx(SERVICE, request_id=request_id, scope=None, read_only=True)


def accounts_tx(*, request_id: str, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
    """Return a transaction on the `auth` schema, with the role that Supabase Auth has."""
    principal = Principal(kind=SERVICE.kind, role="supabase_auth_admin", claims='{"role":"supabase_auth_admin"}')
    return tenant_tx(principal, request_id=request_id, scope=None, read_only=read_only)


class _Upgradable(transaction):
    """Adds the address of the price list to a plan's refusal: the database does not know it."""

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        _add_upgrade_url(fault)
        try:
            await super().__aexit__(kind, fault, trace)
        except Refusal as refusal:
            _add_upgrade_url(refusal)
            raise


def _add_upgrade_url(fault: BaseException | None) -> None:
    if isinstance(fault, PlanLimitExceeded):
        fault.details["upgrade_url"] = settings().pricing_url
