"""A transaction that is its caller: the only place that names a database role."""

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
    """The caller's rows and nobody else's.

    `scope` is what the caller must hold: read, write, admin, or manage (a person who is owner or admin); None asks for
    no organization. `calls_today` is held against the plan.

    Raises:
        Refusal: at the first statement: key_revoked, insufficient_scope, plan_limit_exceeded, no_organization.
    """
    headers = msgspec.json.encode({"x-request-id": request_id}).decode()
    enter = Statement(
        ENTER,
        {
            "role": principal.role,
            "claims": principal.claims,
            "headers": headers,
            "scope": scope,
            "calls_today": calls_today,
        },
    )
    return _Upgradable(enter, read_only=read_only)


def on_behalf_tx(principal: Principal, *, request_id: str, scope: str) -> AbstractAsyncContextManager[Tx]:
    """The service's rights in the caller's name: for what callers may ask for and the service alone may do.

    The caller must hold the scope now, and the trail names the caller. Row policies do not narrow anything here: each
    statement names the caller's organization.

    Raises:
        Refusal: as `tenant_tx`.
    """
    acting = msgspec.structs.replace(principal, role=SERVICE.role)
    return tenant_tx(acting, request_id=request_id, scope=scope)


def service_tx(*, request_id: str, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
    """Every tenant's rows: for what happens before a tenant is known, and for jobs. Never for a caller's own work."""
    return tenant_tx(SERVICE, request_id=request_id, scope=None, read_only=read_only)


def service_statements(*, request_id: str) -> AbstractAsyncContextManager[Tx]:
    """As `service_tx`, each statement committed in its own round trip and repeated where a connection proves dead.

    For writes that are the same the second time, and too many for two round trips each.
    """
    return tenant_tx(SERVICE, request_id=request_id, scope=None, read_only=True)


def accounts_tx(*, request_id: str, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
    """The `auth` schema, as the role that Supabase Auth has."""
    principal = Principal(kind=SERVICE.kind, role="supabase_auth_admin", claims='{"role":"supabase_auth_admin"}')
    return tenant_tx(principal, request_id=request_id, scope=None, read_only=read_only)


class _Upgradable(transaction):
    """Says where more is sold when the plan refuses: the database knows the plans, but not that."""

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        _say_where(fault)
        try:
            await super().__aexit__(kind, fault, trace)
        except Refusal as refused:
            _say_where(refused)
            raise


def _say_where(fault: BaseException | None) -> None:
    if isinstance(fault, PlanLimitExceeded):
        fault.details["upgrade_url"] = settings().pricing_url
