"""The connection to the store: many callers over one, answers in order, and every way in which it can fail."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import astuple, replace

from shared.runtime.store.connection import StoreError, StoreRefused, address_of, connect
from tests.support.proxy import proxied

pytestmark = pytest.mark.anyio


@pytest.fixture
async def link(services):
    async with proxied("127.0.0.1", urlsplit(services.store_url).port) as proxy:
        yield proxy


@pytest.fixture
async def connection(services, link):
    """Behind the proxy."""
    place = replace(address_of(services.store_url), port=link.listens_on)
    opened = await connect(place, 0.3)
    yield opened
    opened.close()


@pytest.fixture
def certificate(tmp_path):
    """Return a file of a key and a certificate for `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "localhost.pem"
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + signed.public_bytes(pem))
    return file


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("valkey://h", ("h", 6379, None, False, None, None, 0)),
        ("redis://:p%40ss@h:1/7", ("h", 1, None, False, None, "p@ss", 7)),
        ("rediss://me:p@h:2/", ("h", 2, None, True, "me", "p", 0)),
        ("valkeys://[::1]:3/1", ("::1", 3, None, True, None, None, 1)),
        ("unix:///run/a%20store.sock?db=4", ("localhost", 6379, "/run/a store.sock", False, None, None, 4)),
    ],
)
def test_a_url_says_where_the_store_is(url, told):
    assert astuple(address_of(url)) == told


@pytest.mark.parametrize("url", ["http://h", "valkeyx://h", "h:6379", "redis://h/notanumber"])
def test_another_url_is_refused(url):
    with pytest.raises(ValueError):
        address_of(url)


async def test_each_of_many_callers_gets_its_own_answer(connection, link):
    asked = [f"{number}-{uuid4()}" for number in range(300)]
    answers = await asyncio.gather(*(connection.send("ECHO", each) for each in asked))
    assert [each.decode() for each in answers] == asked
    assert link.connections == 1


async def test_an_answer_in_many_pieces_is_one_answer(connection):
    big = "x" * 3_000_000
    assert (await connection.send("ECHO", big)).decode() == big


async def test_a_caller_who_goes_away_takes_no_other_callers_answer_along(connection):
    asking = [asyncio.ensure_future(connection.send("ECHO", str(number))) for number in range(9)]
    for number in (0, 4, 8):
        asking[number].cancel()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [each for each in answers if isinstance(each, bytes)] == [b"1", b"2", b"3", b"5", b"6", b"7"]


async def test_an_error_is_its_callers_alone(connection):
    answers = await asyncio.gather(
        connection.send("ECHO", "a"), connection.send("NONSENSE"), connection.send("ECHO", "b"), return_exceptions=True
    )
    assert (answers[0], type(answers[1]), answers[2]) == (b"a", StoreRefused, b"b")
    assert connection.is_open


async def test_all_waiters_fail_when_the_connection_breaks(connection, link):
    with link.silent():
        asking = [asyncio.ensure_future(connection.send("PING")) for _ in range(5)]
        await asyncio.sleep(0)
        link.cut()
        told = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(each) for each in told} == {StoreError}
    with pytest.raises(StoreError):
        await connection.send("PING")


async def test_a_silent_store_is_waited_for_no_longer_than_was_said(connection, link):
    with link.silent():
        told = await asyncio.gather(*(connection.send("PING") for _ in range(5)), return_exceptions=True)
    assert {type(each) for each in told} == {TimeoutError}
    assert not connection.is_open


async def test_a_malformed_answer_breaks_the_connection():
    async def babble(_, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        place = address_of(f"valkey://127.0.0.1:{server.sockets[0].getsockname()[1]}/1")
        with pytest.raises(StoreError):
            await connect(place, 0.3)


async def test_a_wrong_password_and_a_closed_door_are_refused(services, link):
    wrong = replace(address_of(services.store_url), password="wrong")
    with pytest.raises(StoreError, match="WRONGPASS"):
        await connect(wrong, 0.3)
    with link.down(), pytest.raises(StoreError):
        await connect(replace(wrong, port=link.listens_on), 0.3)


async def test_the_database_of_the_url_is_the_one_spoken_to(services):
    first, second = address_of(services.store_url), replace(address_of(services.store_url), database=9)
    key = f"test:{uuid4()}"
    one, other = await connect(first, 0.3), await connect(second, 0.3)
    await one.send("SET", key, "here", "EX", 60)
    assert (await one.send("GET", key), await other.send("GET", key)) == (b"here", None)
    one.close()
    other.close()


async def test_over_a_unix_socket(services, tmp_path):
    store = address_of(services.store_url)

    async def carry(reader, writer):
        to_store, from_us = await asyncio.open_connection(store.host, store.port)
        from_us.write(await reader.read(1000))
        writer.write(await to_store.read(1000))
        for end in (from_us, writer):
            end.close()
            await end.wait_closed()

    server = await asyncio.start_unix_server(carry, tmp_path / "store.sock")
    async with server:
        place = address_of(f"unix://:{quote(str(store.password))}@{tmp_path}/store.sock")
        (await connect(place, 0.3)).close()


async def test_over_tls_the_certificate_must_be_the_hosts(services, certificate, monkeypatch):
    async def answer(reader, writer):
        while await reader.read(1000):
            writer.write(b"+PONG\r\n")
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        place = address_of(f"rediss://localhost:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(StoreError, match="CERTIFICATE_VERIFY_FAILED"):
            await connect(place, 3)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        connection = await connect(place, 3)
        assert await connection.send("PING") == b"PONG"
        connection.close()
