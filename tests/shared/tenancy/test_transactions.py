"""A transaction is its caller: the role, the claims, the request's id, and the admission at its first statement."""

import msgspec
import psycopg
import pytest

from shared.auth import tokens
from shared.kernel.errors import InsufficientScope, PlanLimitExceeded
from shared.runtime.postgres import leases
from shared.runtime.settings import settings
from shared.tenancy.principal import ANONYMOUS
from shared.tenancy.transactions import (
    accounts_tx,
    enter_statement,
    on_behalf_tx,
    service_statements,
    service_tx,
    tenant_tx,
)

pytestmark = pytest.mark.anyio
WHO = """
    SELECT current_user AS role, app.request_id() AS request_id, app.claims() ->> 'sub' AS subject,
      current_setting('request.jwt.claims')::jsonb ->> 'role' AS claimed
"""
NOW = "SELECT now()::text AS at"


class Who(msgspec.Struct, frozen=True):
    role: str
    request_id: str | None
    subject: str | None
    claimed: str | None


class Moment(msgspec.Struct, frozen=True):
    at: str


@pytest.fixture
async def person(org):
    yield tokens.verify(org.owner.token)
    await leases.close()


async def test_a_tenants_transaction_has_the_callers_role_claims_and_request(person):
    async with tenant_tx(person, request_id="r-1", scope="read") as tx:
        who = await tx.one(Who, WHO)
    assert who == Who("authenticated", "r-1", str(person.subject), "authenticated")


async def test_the_service_acts_for_a_caller_under_the_callers_name(person):
    async with on_behalf_tx(person, request_id="r-2", scope="write") as tx:
        who = await tx.one(Who, WHO)
    assert who == Who("service_role", "r-2", str(person.subject), "authenticated")


async def test_the_service_does_not_act_for_a_caller_without_the_scope(person, org):
    reader = tokens.verify(org.agent("read").token)
    with pytest.raises(InsufficientScope):
        async with on_behalf_tx(reader, request_id="r-3", scope="write") as tx:
            await tx.one(Who, WHO)


@pytest.mark.parametrize(
    ("opened", "role"),
    [(service_tx, "service_role"), (service_statements, "service_role"), (accounts_tx, "supabase_auth_admin")],
)
@pytest.mark.usefixtures("person")
async def test_a_transaction_without_a_caller_has_its_own_role(opened, role):
    async with opened(request_id="r-4") as tx:
        who = await tx.one(Who, "SELECT current_user AS role, NULL AS request_id, NULL AS subject, NULL AS claimed")
        headers = await tx.one(Moment, "SELECT current_setting('request.headers') AS at")
    assert (who.role, msgspec.json.decode(headers.at)) == (role, {"x-request-id": "r-4"})


@pytest.mark.parametrize("opened", [service_tx, accounts_tx])
@pytest.mark.usefixtures("person")
async def test_only_a_transaction_that_may_write_keeps_statements_together(opened):
    async with opened(request_id="r-5") as tx:
        together = {(await tx.one(Moment, NOW)).at for _ in range(2)}
    async with opened(request_id="r-5", read_only=True) as tx:
        apart = {(await tx.one(Moment, NOW)).at for _ in range(2)}
    assert (len(together), len(apart)) == (1, 2)


@pytest.mark.usefixtures("person")
async def test_statements_of_the_service_are_committed_one_by_one():
    async with service_statements(request_id="r-6") as tx:
        moments = {(await tx.one(Moment, NOW)).at for _ in range(2)}
    assert len(moments) == 2


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_day_beyond_the_plan_is_refused_with_where_to_get_more(person, read_only):
    with pytest.raises(PlanLimitExceeded) as refused:
        async with tenant_tx(person, request_id="r-7", scope="read", calls_today=10**9, read_only=read_only) as tx:
            await tx.one(Who, WHO)
    assert refused.value.details["resource"] == "api_calls"
    assert refused.value.details["upgrade_url"] == settings().pricing_url


async def test_a_plan_refusal_raised_within_says_where_to_get_more(person):
    with pytest.raises(PlanLimitExceeded) as refused:
        async with tenant_tx(person, request_id="r-8", scope="read"):
            raise PlanLimitExceeded(resource="contacts")
    assert refused.value.details == {"resource": "contacts", "upgrade_url": settings().pricing_url}


@pytest.fixture
def enter(services):
    """Send the first statement in a transaction of the login role, as somebody else's driver does; who it then is."""

    def send(first):
        with psycopg.connect(services.database_url) as connection:
            connection.execute(first.sql, first.params)
            return connection.execute(WHO).fetchone()

    return send


async def test_the_first_statement_serves_another_driver(enter, person):
    who = enter(enter_statement(person, request_id="r-9", scope="read"))
    assert who == ("authenticated", "r-9", str(person.subject), "authenticated")


@pytest.mark.parametrize(("scope", "calls", "code"), [("write", None, "insufficient_scope"),
                                                      ("read", 10**9, "plan_limit_exceeded")])  # fmt: skip
async def test_the_first_statement_refuses_as_our_own_transaction(enter, org, scope, calls, code):
    reader = tokens.verify(org.agent("read").token)
    with pytest.raises(psycopg.Error) as refused:
        enter(enter_statement(reader, request_id="r-10", scope=scope, calls_today=calls))
    assert code in str(refused.value)


@pytest.mark.usefixtures("person")
async def test_an_anonymous_caller_belongs_to_no_organization():
    async with tenant_tx(ANONYMOUS, request_id="r-11", scope=None, read_only=True) as tx:
        who = await tx.one(Who, WHO)
    assert who == Who("anon", "r-11", None, "anon")
