"""Every attack that does not take long, on the gateway of the test run."""

import secrets

import pytest
import typer
from typer.testing import CliRunner

from tests.attack import __main__ as command
from tests.attack.__main__ import judged, load
from tests.attack.stage import Caller, Stage
from tests.support.graph import APP_SECRET


@pytest.fixture
async def stage(http, services, org, other_org, tenants):
    keys = services.secrets
    shop, rival = (Caller(http, keys.publishable_key, each.owner.token) for each in (org, other_org))
    with tenants.database() as database:
        for each in (org, other_org):
            number = str(secrets.randbelow(10**15) + 10**15)
            database.execute(
                "INSERT INTO channel_accounts (organization_id, platform, external_id, waba_id)"
                " VALUES (%s, 'whatsapp', %s, %s)",
                (each.id, number, number),
            )
    yield (made := Stage(http, keys.publishable_key, keys.secret_key, shop, rival, APP_SECRET))
    await made.leave()


@pytest.mark.parametrize("attack", [each for each in load() if not each.is_long], ids=lambda each: each.name)
async def test_the_promise_holds(attack, stage):
    verdict = await judged(attack, stage)
    assert verdict.held, f"{attack.promise}: {verdict.evidence}"


def test_the_command_goes_where_nexus_listens(monkeypatch, tmp_path):
    gone_to: list[str] = []

    async def play(_chosen, url, _secrets, *, as_json):
        gone_to.append(url)
        return int(as_json)

    (tmp_path / "secrets.json").write_text("{}")
    monkeypatch.setattr(command, "_play", play)
    monkeypatch.setenv("NEXUS_DATA_DIR", str(tmp_path))
    application = typer.Typer()
    application.command()(command.main)
    for port in ("54321", "6543"):
        monkeypatch.setenv("NEXUS_PORT", port)
        assert CliRunner().invoke(application, ["columns"]).exit_code == 0
    assert gone_to == ["http://127.0.0.1:54321", "http://127.0.0.1:6543"]
