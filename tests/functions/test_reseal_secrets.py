"""POST /functions/v1/reseal-secrets and `nexus reseal`: after a change of keys every token comes under the new one."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from infra.local.commands.cli import app
from shared.domain.channels.tokens import sealing
from shared.runtime import secrets

pytestmark = pytest.mark.anyio
TOKEN = b"EAAG-token-of-a-channel"


@pytest.fixture
def configure(monkeypatch):
    """Provide `configure(new, old)`: the sealing keys of the whole installation from here on."""

    def choose(*keys):
        chosen = SimpleNamespace(sealing_keys=SecretStr(",".join(keys)), kms_key_id=None)
        monkeypatch.setattr(secrets, "settings", lambda: chosen)
        secrets._wrappers.cache_clear()

    yield choose
    secrets._wrappers.cache_clear()


@pytest.fixture
def keys(configure):
    """Old and new; the old one is configured."""
    old, new = secrets.new_key(), secrets.new_key()
    configure(old)
    return old, new


@pytest.fixture
def keep(tenants):
    """`await keep(account)`: its token, sealed as things are now."""

    async def store(account, token=TOKEN):
        with tenants.database() as db:
            sealed = await secrets.seal(account.org.id, token)
            db.execute("UPDATE channel_accounts SET token_sealed = %s WHERE id = %s", (sealed, account.id))

    return store


@pytest.fixture
def kept(rows):
    async def read(account):
        ((sealed,),) = rows("SELECT token_sealed FROM channel_accounts WHERE id = %s", account.id)
        return await secrets.open_sealed(account.org.id, bytes(sealed))

    return read


@pytest.fixture
def reseal(call, service_headers):
    async def run():
        answer = await call("reseal-secrets", headers=service_headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


@pytest.fixture(autouse=True)
def alone(tenants):
    """Hide the tokens of other tests, which are under keys that these do not have."""
    with tenants.database() as db:
        db.execute("UPDATE channel_accounts SET token_sealed = NULL")


async def test_200_every_tenants_tokens_need_the_new_key_alone_afterwards(
    *, keys, configure, connect, org, other_org, keep, kept, reseal
):
    old, new = keys
    accounts = [connect(org), connect(org, "facebook"), connect(other_org)]
    for account in accounts:
        await keep(account)
    configure(new, old)
    assert await reseal() == {"resealed": 3, "remaining": 0, "unreadable": 0}
    assert await reseal() == {"resealed": 0, "remaining": 0, "unreadable": 0}
    configure(new)
    assert [await kept(account) for account in accounts] == [TOKEN] * 3


async def test_200_goes_on_where_it_was_interrupted(
    *, keys, configure, connect, org, keep, kept, reseal, monkeypatch, call, service_headers
):
    old, new = keys
    accounts = [connect(org) for _ in range(3)]
    for account in accounts:
        await keep(account)
    configure(new, old)
    original, tries = secrets.resealed, iter([True, False])

    async def interrupted(organization_id, sealed):
        if not next(tries):
            raise ConnectionResetError
        return await original(organization_id, sealed)

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "resealed", interrupted)
        assert (await call("reseal-secrets", headers=service_headers)).status_code == 500
    assert await reseal() == {"resealed": 2, "remaining": 0, "unreadable": 0}
    assert [await kept(account) for account in accounts] == [TOKEN] * 3


async def test_200_a_token_that_is_renewed_meanwhile_stays(
    *, keys, configure, connect, org, keep, kept, reseal, monkeypatch
):
    account, original = connect(org), secrets.resealed
    await keep(account)
    configure(*reversed(keys))

    async def slowly(organization_id, sealed):
        anew = await original(organization_id, sealed)
        await keep(account, b"renewed")
        return anew

    monkeypatch.setattr(sealing, "resealed", slowly)
    assert await reseal() == {"resealed": 0, "remaining": 0, "unreadable": 0}
    assert await kept(account) == b"renewed"


async def test_200_what_no_key_opens_is_counted_and_keeps_nobody_back(
    *, keys, configure, connect, org, keep, kept, reseal
):
    old, new = keys
    lost, found = connect(org), connect(org)
    configure(secrets.new_key())
    await keep(lost)
    configure(old)
    await keep(found)
    configure(new, old)
    assert await reseal() == {"resealed": 1, "remaining": 1, "unreadable": 1}
    assert await kept(found) == TOKEN


async def test_the_command_goes_on_until_nothing_more_can_be_done(
    *, keys, configure, connect, org, keep, base_url, services, tmp_path
):
    for _ in range(2):
        await keep(connect(org))
    configure(*reversed(keys))
    environment = {"NEXUS_SECRET_KEY": services.secrets.secret_key, "NEXUS_DATA_DIR": str(tmp_path)}
    said = await asyncio.to_thread(
        CliRunner().invoke, app, ["reseal", "--base-url", base_url, "--json"], env=environment
    )
    assert (said.exit_code, json.loads(said.stdout)) == (0, {"resealed": 2, "remaining": 0, "unreadable": 0})
    assert "2 sealed anew, 0 remain" in said.stderr
