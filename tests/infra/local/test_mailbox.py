"""The mailbox of the local gateway: what it shows, and to whom."""

import httpx
import pytest
from msgspec.structs import replace

from infra.local import mailbox
from shared.platform.accounts.mail import outbox
from shared.runtime.postgres import leases
from shared.runtime.settings import settings
from shared.tenancy.transactions import accounts_tx

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mail(base_url, call, services):
    """Return one mail, in text that looks like a page's own."""
    text = "Open http://127.0.0.1:1/a?b=c&d=e <script>alert(1)</script>\n"
    async with accounts_tx(request_id="test") as tx:
        outbox.post(
            tx, recipient="mona@example.com", subject="Hello <b>Mona</b>", text=text, html="<p></p>", language="en"
        )
    await leases.close()
    sent = await call("send-mail", headers={"Authorization": f"Bearer {services.secrets.secret_key}"})
    assert sent.status_code == 200


async def test_200_lists_and_shows_mails_with_links_to_click(mail, http):
    page = await http.get("/mailbox")
    assert "Hello &lt;b&gt;Mona&lt;/b&gt;" in page.text
    newest = (await http.get("/mailbox", headers={"Accept": "application/json"})).json()[0]
    assert (newest["recipient"], newest["subject"]) == ("mona@example.com", "Hello <b>Mona</b>")
    opened = await http.get(f"/mailbox/{newest['name']}")
    assert '<a href="http://127.0.0.1:1/a?b=c&amp;d=e">' in opened.text
    assert "<script>" not in opened.text
    assert "default-src 'none'" in opened.headers["content-security-policy"]
    assert opened.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fsecrets", "%2e%2e/secrets.json", "a" * 200])
async def test_404_for_what_is_no_mail(mail, http, name):
    assert (await http.get(f"/mailbox/{name}")).status_code == 404


async def test_404_under_another_name_by_another_verb_and_where_mails_go_out(mail, http, monkeypatch):
    assert (await http.get("/mailbox", headers={"Host": "evil.example"})).status_code == 404
    assert (await http.post("/mailbox")).status_code in {404, 405}
    changed = replace(settings(), mail_url=None)
    monkeypatch.setattr(mailbox, "settings", lambda: changed)
    assert (await http.get("/mailbox")).status_code == 404


async def test_mails_are_files_that_nobody_else_reads(mail, services):
    directory = mailbox._directory()
    assert directory
    assert directory.as_uri() == services.mail_url
    assert directory.stat().st_mode & 0o77 == 0
    assert all(file.stat().st_mode & 0o77 == 0 for file in directory.iterdir())
    assert httpx.URL(services.mail_url).scheme == "file"
