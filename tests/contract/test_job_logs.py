"""What the log says of jobs: a tick that did something, failed or took long is a line, an idle one is none."""

import importlib
import json
import logging

import pytest

from infra.local.schedule import scheduled_functions
from shared.runtime.log import Log

pytestmark = pytest.mark.anyio
EDGE = importlib.import_module("shared.edge.endpoint")


@pytest.fixture
def lines(call, services, capsys, monkeypatch):
    """Run the job; the request lines that it left in the log."""
    monkeypatch.setattr(EDGE, "log", lambda: Log(logging.INFO))

    async def run(job, **headers):
        capsys.readouterr()
        sent = {"Authorization": f"Bearer {services.secrets.secret_key}", **headers}
        await call(job, headers=sent)
        told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
        return [line for line in told if line["event"] == "request" and line["function"] == job]

    return run


@pytest.mark.parametrize("job", sorted(scheduled_functions()))
async def test_a_tick_without_work_is_no_line(lines, job, call, services):
    answer = await call(job, headers={"Authorization": f"Bearer {services.secrets.secret_key}"})
    assert all(isinstance(count, int) for count in answer.json().values())
    again = await call(job, headers={"Authorization": f"Bearer {services.secrets.secret_key}"})
    idle = not any(again.json().values())
    assert len(await lines(job)) == (0 if idle else 1)


async def test_a_tick_that_fails_or_takes_long_is_a_line(lines, monkeypatch):
    (failed,) = await lines("purge-expired", Authorization="Bearer nonsense")
    assert failed["status"] == 401
    monkeypatch.setattr(EDGE, "_SLOW_TICK_S", 0.0)
    assert len(await lines("purge-expired")) == 1


async def test_a_tick_with_work_is_a_line(lines, tenants, org):
    with tenants.database() as db:
        db.execute(
            "INSERT INTO outbox (organization_id, topic, payload, created_at) VALUES (%s, 'x.x', '{}', '2020-01-01')",
            (org.id,),
        )
    assert len(await lines("purge-expired")) == 1
