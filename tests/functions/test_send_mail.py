"""The job that sends people their mails: by SMTP, again where that fails, and never twice at once."""

import asyncio
import ssl
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace
from pydantic import SecretStr

from shared.platform.accounts.mail import delivery, outbox
from shared.providers.mail import sending
from shared.providers.mail.messages import Message
from shared.runtime.postgres import leases
from shared.runtime.settings import settings
from shared.tenancy.transactions import accounts_tx
from tests.support.smtp import MailServer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server(base_url, tenants, monkeypatch):
    """Yield a mail server, and a database in which no mail of another test waits."""
    with tenants.database() as connection:
        connection.execute("UPDATE auth.outgoing_mail SET sealed = null")
    async with MailServer() as running:
        changed = replace(settings(), mail_url=running.url, mail_timeout_s=2.0)
        monkeypatch.setattr(sending, "settings", lambda: changed)
        yield running
    await leases.close()


@pytest.fixture
def waiting(tenants):
    """How often each mail that still waits was tried, and with what outcome."""

    def look():
        with tenants.database() as connection:
            return connection.execute(
                "SELECT attempts, last_error FROM auth.outgoing_mail WHERE sealed IS NOT NULL"
            ).fetchall()

    return look


@pytest.fixture
def post(server):
    async def write(*recipients):
        async with accounts_tx(request_id="test") as tx:
            for recipient in recipients:
                outbox.post(
                    tx, recipient=recipient, subject="تأكيد", text="رمز 123456\n", html="<p>رمز</p>", language="ar"
                )

    return write


async def test_200_what_waits_is_sent_as_text_and_html(post, server, waiting):
    await post("mona@example.com", "omar@example.com")
    sent = await delivery.send_waiting(request_id="test")
    assert (sent.sent, sent.failed) == (2, 0)
    assert sorted(mail["To"] for mail in server.mails) == ["mona@example.com", "omar@example.com"]
    (mail, _) = server.mails
    assert (mail["Subject"], mail["Content-Language"], mail["Auto-Submitted"]) == ("تأكيد", "ar", "auto-generated")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert waiting() == []


async def test_a_mail_that_fails_waits_and_is_tried_again(post, server, waiting, tenants):
    server.answer = "451 try again later"
    await post("mona@example.com")
    assert (await delivery.send_waiting(request_id="test")).failed == 1
    ((attempts, error),) = waiting()
    assert attempts == 1
    assert "451" in error
    assert (await delivery.send_waiting(request_id="test")).failed == 0, "its time has not come"
    server.answer = None
    with tenants.database() as connection:
        connection.execute("UPDATE auth.outgoing_mail SET available_at = now() WHERE sealed IS NOT NULL")
    assert (await delivery.send_waiting(request_id="test")).sent == 1


async def test_a_mail_that_is_refused_for_good_is_given_up_and_holds_no_other_up(post, server, waiting):
    server.refused = {"gone@example.com"}
    await post("gone@example.com", "mona@example.com")
    sent = await delivery.send_waiting(request_id="test")
    assert (sent.sent, sent.failed) == (1, 1)
    assert [mail["To"] for mail in server.mails] == ["mona@example.com"]
    assert waiting() == []


async def test_a_mail_server_that_is_away_loses_nothing(post, server, waiting):
    await post("mona@example.com")
    await server.stop()
    assert (await delivery.send_waiting(request_id="test")).failed == 1
    assert len(waiting()) == 1


async def test_two_concurrent_jobs_send_each_mail_once(post, server):
    addresses = [f"{uuid.uuid4().hex}@example.com" for _ in range(30)]
    await post(*addresses)
    await asyncio.gather(*(delivery.send_waiting(request_id="test") for _ in range(3)))
    assert sorted(mail["To"] for mail in server.mails) == sorted(addresses)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Of localhost, signed by itself: the file that says so, and a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
async def test_mails_go_over_tls_to_a_server_that_is_known_with_name_and_password(
    scheme, certificate, base_url, monkeypatch
):
    file, context = certificate
    message = Message(uuid.uuid4(), "mona@example.com", "Hello", "text", "<p>html</p>", "en")
    async with MailServer(tls=context, scheme=scheme, user="nexus:secret") as server:
        changed = replace(settings(), mail_url=server.url)
        monkeypatch.setattr(sending, "settings", lambda: changed)
        (distrusted,) = await sending.send([message])
        assert "CERTIFICATE_VERIFY_FAILED" in (distrusted.error or "")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert await sending.send([message]) == [sending.Outcome()]
        wrong = SecretStr(server.url.get_secret_value().replace("secret", "guess"))
        monkeypatch.setattr(sending, "settings", lambda: replace(changed, mail_url=wrong))
        (refused,) = await sending.send([message])
        assert refused.may_succeed_later, "a wrong password of ours can be mended"
    assert [mail["To"] for mail in server.mails] == ["mona@example.com"]


async def test_200_the_job_answers_what_it_sent(call, services, org):
    key = {"Authorization": f"Bearer {services.secrets.secret_key}"}
    answer = await call("send-mail", headers=key)
    assert answer.status_code == 200
    assert answer.json().keys() == {"sent", "failed"}
    assert (await call("send-mail", as_=org.owner)).json()["error"] == "wrong_credential"
