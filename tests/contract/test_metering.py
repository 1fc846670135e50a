"""What a call costs: one of the organization's day and one of the rate class, told in every answer."""

import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from shared.auth import tokens
from shared.quotas.rates import RateClass, RateExceeded, charge
from shared.runtime.store import client
from shared.tenancy.principal import ANONYMOUS, Kind

pytestmark = pytest.mark.anyio


async def test_one_call_is_one_of_the_organizations_day(spec_of_members, ask, call, tenants):
    org = tenants.org()

    async def used() -> int:
        report = await call("agent-usage", as_=org.owner, method="GET")
        calls: int = report.json()["usage"]["api_calls"]["used"]
        return calls

    before = await used()
    answer = await ask(spec_of_members, as_=org.agent() if Kind.AGENT in spec_of_members.access else org.owner)
    assert answer.status_code < 500
    assert await used() - before == 2, "the call and the second look at the usage"


async def test_every_answer_returns_the_rate_class_and_the_rest(spec_of_function, ask, caller_of):
    first = await ask(spec_of_function, as_=caller_of(spec_of_function))
    rate = spec_of_function.rate
    assert first.headers["ratelimit-policy"] == f'"{rate.name}";q={rate.limit};w={rate.window_s}'
    assert re.fullmatch(rf'"{rate.name}";r=\d+;t=\d+', first.headers["ratelimit"])
    assert "nexus-degraded" not in first.headers


async def test_429_over_the_rate_class_with_the_time_to_wait(spec, ask, caller_of, address, refused):
    as_ = caller_of(spec)
    principal = ANONYMOUS if spec.public else tokens.verify(as_.token) if not as_.token.startswith("sb_") else None
    if principal is None:
        return  # the service's own calls share one counter with every other test
    try:
        for _ in range(2):  # a second time when the clock's minute ends in between
            with suppress(RateExceeded):
                while (usage := await charge(spec.rate, principal, address=address)).remaining:
                    await charge(spec.rate, principal, address=address, calls=usage.remaining)
            answer = await ask(spec, as_=as_)
            if answer.status_code == 429:
                break
    finally:
        await client.close()
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= spec.rate.window_s
    if spec.name not in {"auth", "storage", "rest"}:
        assert refused(answer, 429, "rate_limit_exceeded")["retry_after"] == int(answer.headers["retry-after"])


async def test_403_over_the_plans_calls_of_the_day(spec_with_scope, ask, refused, tenants):
    free = tenants.org("free")
    by_agent = Kind.AGENT in spec_with_scope.access and spec_with_scope.scope == "read"
    as_ = free.agent("read") if by_agent else free.owner
    try:
        await charge(RateClass("of this test", 1000), tokens.verify(as_.token), address="", calls=501)
    finally:
        await client.close()
    answer = await ask(spec_with_scope, as_=as_, example=True)
    body = refused(answer, 403, "plan_limit_exceeded")
    assert (body["resource"], body["limit"], body["plan"]) == ("api_calls", 500, "free")
    left = datetime.fromisoformat(body["resets_at"]) - datetime.now(UTC)
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert abs(left.total_seconds() - int(answer.headers["retry-after"])) < 30
    assert body["upgrade_url"]
