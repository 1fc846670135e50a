"""Every attack that does not take long, on the gateway of the test run."""

import pytest

from tests.attack.__main__ import held, load
from tests.attack.stage import Caller, Stage


@pytest.fixture
async def stage(http, services, org, other_org):
    keys = services.secrets
    shop, rival = (Caller(http, keys.publishable_key, each.owner.token) for each in (org, other_org))
    yield (made := Stage(http, keys.publishable_key, keys.secret_key, shop, rival))
    await made.leave()


@pytest.mark.parametrize("attack", [each for each in load() if not each.is_long], ids=lambda each: each.name)
async def test_the_promise_holds(attack, stage):
    well, evidence = await held(attack, stage)
    assert well, f"{attack.promise}: {evidence}"
