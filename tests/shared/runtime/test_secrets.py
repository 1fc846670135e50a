"""Sealed secrets: opened by their organization alone, altered by nobody, kept readable while keys change."""

import uuid
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from pydantic import SecretStr

from shared.kernel.errors import Unavailable
from shared.runtime import secrets

pytestmark = pytest.mark.anyio
TOKEN = b"EAAG-token-of-a-channel"


@pytest.fixture
def configure(monkeypatch):
    """Provide `configure(keys, kms=...)`: the settings from here on."""

    def choose(*keys: str, kms: str | None = None) -> None:
        chosen = SimpleNamespace(sealing_keys=SecretStr(",".join(keys)) if keys else None, kms_key_id=kms)
        monkeypatch.setattr(secrets, "settings", lambda: chosen)
        secrets._wrappers.cache_clear()

    yield choose
    secrets._wrappers.cache_clear()
    secrets._kms.cache_clear()


@pytest.fixture
def kms(monkeypatch):
    """Yield a KMS whose keys honour the encryption context; its id for a new key."""
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        secrets._kms.cache_clear()
        yield secrets._kms()


async def test_a_secret_opens_for_its_organization_and_for_no_other(configure):
    configure(secrets.new_key())
    org, other = uuid.uuid4(), uuid.uuid4()
    sealed = await secrets.seal(org, TOKEN)
    assert bytes(sealed).find(TOKEN) == -1
    assert await secrets.open_sealed(org, sealed) == TOKEN
    with pytest.raises(secrets.UnreadableSecretError):
        await secrets.open_sealed(other, sealed)


async def test_the_same_secret_is_never_sealed_to_the_same_bytes(configure):
    configure(secrets.new_key())
    org = uuid.uuid4()
    assert await secrets.seal(org, TOKEN) != await secrets.seal(org, TOKEN)


async def test_every_single_altered_byte_is_noticed(configure):
    configure(secrets.new_key())
    org = uuid.uuid4()
    sealed = await secrets.seal(org, TOKEN)
    for place in range(len(sealed)):
        altered = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(secrets.UnreadableSecretError):
            await secrets.open_sealed(org, altered)


async def test_after_a_key_change_old_secrets_open_and_new_ones_need_only_it(configure):
    old, new, org = secrets.new_key(), secrets.new_key(), uuid.uuid4()
    configure(old)
    before = await secrets.seal(org, TOKEN)
    configure(new, old)
    assert await secrets.open_sealed(org, before) == TOKEN
    after = await secrets.seal(org, TOKEN)
    configure(new)
    assert await secrets.open_sealed(org, after) == TOKEN
    with pytest.raises(secrets.UnreadableSecretError, match="not configured"):
        await secrets.open_sealed(org, before)


async def test_without_a_key_nothing_is_sealed(configure):
    configure()
    with pytest.raises(secrets.SealingNotConfigured):
        await secrets.seal(uuid.uuid4(), TOKEN)


@pytest.mark.parametrize("key", ["not base64!", "c2hvcnQ="])
async def test_an_invalid_key_is_reported_at_once(configure, key):
    configure(key)
    with pytest.raises(ValueError, match="NEXUS_SEALING_KEYS"):
        await secrets.seal(uuid.uuid4(), TOKEN)


@given(st.binary(max_size=200))
async def test_any_bytes_are_refused_without_another_error(junk):
    with pytest.raises(secrets.UnreadableSecretError):
        await secrets.open_sealed(uuid.uuid4(), junk)


async def test_kms_wraps_with_the_organization_as_context(configure, kms):
    local, org = secrets.new_key(), uuid.uuid4()
    configure(local)
    before = await secrets.seal(org, TOKEN)
    configure(local, kms=kms.create_key()["KeyMetadata"]["KeyId"])
    sealed = await secrets.seal(org, TOKEN)
    assert await secrets.open_sealed(org, sealed) == TOKEN
    assert await secrets.open_sealed(org, before) == TOKEN
    with pytest.raises(secrets.UnreadableSecretError):
        await secrets.open_sealed(uuid.uuid4(), sealed)


async def test_an_opened_data_key_is_requested_once(configure, kms, monkeypatch):
    configure(kms=kms.create_key()["KeyMetadata"]["KeyId"])
    org = uuid.uuid4()
    sealed = await secrets.seal(org, TOKEN)
    decrypt = Mock(wraps=kms.decrypt)
    monkeypatch.setattr(kms, "decrypt", decrypt)
    assert [await secrets.open_sealed(org, sealed) for _ in range(3)] == [TOKEN] * 3
    assert decrypt.call_count == 1


async def test_a_kms_that_knows_no_such_key_is_unavailable(configure, kms):
    configure(kms=str(uuid.uuid4()))
    with pytest.raises(Unavailable):
        await secrets.seal(uuid.uuid4(), TOKEN)


async def test_a_resealed_secret_needs_the_old_key_no_more(configure):
    old, new, org = secrets.new_key(), secrets.new_key(), uuid.uuid4()
    configure(old)
    before = await secrets.seal(org, TOKEN)
    assert await secrets.resealed(org, before) is None
    configure(new, old)
    after = await secrets.resealed(org, before)
    assert after is not None
    assert await secrets.resealed(org, after) is None
    configure(new)
    assert await secrets.open_sealed(org, after) == TOKEN
    with pytest.raises(secrets.UnreadableSecretError):
        await secrets.resealed(org, before)


async def test_secrets_move_from_a_local_key_to_kms_and_on_to_another_key_there(configure, kms):
    local, org = secrets.new_key(), uuid.uuid4()
    first, second = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    configure(local)
    sealed = await secrets.seal(org, TOKEN)
    for keys in ({"kms": first}, {"kms": f"{second}, {first}"}):
        configure(local, **keys)
        sealed = await secrets.resealed(org, sealed) or sealed
    configure(kms=second)
    assert await secrets.open_sealed(org, sealed) == TOKEN
