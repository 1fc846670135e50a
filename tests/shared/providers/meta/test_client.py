"""Speaking to the Graph API: what was taken, what was refused and why, what nobody saw."""

import io

import pytest

from shared.providers.meta.bodies import body_for
from shared.providers.meta.client import GraphClient
from shared.providers.meta.contents import Text, content_from
from shared.providers.meta.faults import FaultKind, ProviderFault
from shared.providers.meta.recipients import Recipient
from shared.providers.meta.uploads import UploadFile
from shared.runtime import http
from tests.support.graph import APP_SECRET, Graph

pytestmark = pytest.mark.anyio
CUSTOMER = "201590000001"
HELLO = body_for("whatsapp", Recipient(phone=CUSTOMER), Text(body="أهلا"), opaque="intent-1")


async def _in_pieces(content, size=1000):
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.fixture
async def client_of(graph: Graph):
    yield lambda account, token=None: GraphClient(graph.url, "v26.0", token or account.token)
    await http.close()


async def test_a_taken_message_is_known_by_the_providers_id(graph, client_of):
    number = graph.number()
    sent = await client_of(number).send(number.id, HELLO)
    assert sent.message_id.startswith("wamid.")
    assert sent.recipient.wa_id == CUSTOMER
    assert [line.text for line in graph.sent(number)] == ["أهلا"]
    assert graph.sent(number)[0].opaque == "intent-1"


async def test_a_hidden_number_is_written_to_by_its_user_id(graph, client_of):
    number = graph.number()
    user_id = graph.world.customer("201590000009").user_id
    sent = await client_of(number).send(number.id, body_for("whatsapp", Recipient(user_id=user_id), Text(body="hi")))
    assert (sent.recipient.user_id, sent.recipient.wa_id) == (user_id, None)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("429", FaultKind.RETRY, 4),
        ("130429", FaultKind.RETRY, 130429),
        ("500", FaultKind.RETRY, 2),
        ("131056", FaultKind.RETRY_PAIR, 131056),
        ("190", FaultKind.RECONNECT, 190),
        ("368", FaultKind.BLOCKED, 368),
        ("131048", FaultKind.BLOCKED, 131048),
        ("131047", FaultKind.NEEDS_TEMPLATE, 131047),
        ("131049", FaultKind.DO_NOT_MARKET, 131049),
        ("131026", FaultKind.RECIPIENT, 131026),
        ("131051", FaultKind.CONTENT, 131051),
        ("200-error", FaultKind.RETRY, 131000),
        ("424242", FaultKind.RETRY, 424242),
    ],
)
async def test_an_error_means_what_its_code_says(graph, client_of, fault, kind, code):
    number = graph.number()
    graph.fail(fault)
    with pytest.raises(ProviderFault) as told:
        await client_of(number).send(number.id, HELLO)
    assert (told.value.kind, told.value.code) == (kind, code)
    assert graph.sent(number) == []


async def test_a_code_nobody_knows_is_tried_once_more(graph, client_of):
    number = graph.number()
    graph.fail("424242")
    with pytest.raises(ProviderFault) as told:
        await client_of(number).send(number.id, HELLO)
    assert told.value.most_attempts == 2


async def test_retry_after_is_returned(graph, client_of):
    number = graph.number()
    graph.fail("429", retry_after_s=7)
    with pytest.raises(ProviderFault) as told:
        await client_of(number).send(number.id, HELLO)
    assert told.value.retry_after_s == 7


@pytest.mark.parametrize("fault", ["timeout", "truncated", "wrong-json", "reset"])
async def test_a_taken_message_whose_answer_nobody_saw_is_unknown(graph, client_of, fault):
    number = graph.number()
    graph.fail(fault)
    with pytest.raises(ProviderFault) as told:
        await client_of(number).send(number.id, HELLO)
    assert told.value.kind is FaultKind.UNKNOWN
    assert len(graph.sent(number)) == 1


@pytest.mark.parametrize("fault", ["lost", "502"])
async def test_a_message_that_may_have_been_taken_is_unknown_too(graph, client_of, fault):
    number = graph.number()
    graph.fail(fault)
    with pytest.raises(ProviderFault) as told:
        await client_of(number).send(number.id, HELLO)
    assert told.value.kind is FaultKind.UNKNOWN
    assert graph.sent(number) == []


async def test_a_refused_connection_is_a_retry(free_port, base_url):
    client = GraphClient(f"http://127.0.0.1:{free_port()}", "v26.0", "token")
    with pytest.raises(ProviderFault) as told:
        await client.send("1", HELLO)
    await http.close()
    assert told.value.kind is FaultKind.RETRY


async def test_a_token_that_ended_asks_for_a_reconnect(graph, client_of):
    number = graph.number()
    with pytest.raises(ProviderFault) as told:
        await client_of(number, "EAAwrong").send(number.id, HELLO)
    assert (told.value.kind, told.value.code) == (FaultKind.RECONNECT, 190)


async def test_a_token_opens_no_account_but_its_own(graph, client_of):
    ours, theirs = graph.number(), graph.number()
    with pytest.raises(ProviderFault) as told:
        await client_of(ours).send(theirs.id, HELLO)
    assert told.value.kind is FaultKind.RECONNECT


async def test_templates_come_whole_over_several_pages(graph, client_of):
    number = graph.number()
    for count in range(230):
        graph.world.add_template(
            number, type(number.templates[0])(f"offer_{count}", "en_US", "MARKETING", [{"type": "BODY", "text": "Hi"}])
        )
    found = await client_of(number).templates(number.business_id)
    assert len(found) == 231
    assert {each.status for each in found} == {"APPROVED"}


async def test_a_template_needs_its_parameters(graph, client_of):
    number = graph.number()
    template = {"type": "template", "name": "order_update", "language": "ar"}
    parameters = [{"type": "text", "text": "Mona"}, {"type": "text", "text": "#1"}]
    full = {**template, "components": [{"type": "body", "parameters": parameters}]}
    to = Recipient(phone=CUSTOMER)
    sent = await client_of(number).send(number.id, body_for("whatsapp", to, content_from(full)))
    assert sent.status == "accepted"
    with pytest.raises(ProviderFault) as told:
        await client_of(number).send(number.id, body_for("whatsapp", to, content_from(template)))
    assert told.value.code == 132000


async def test_media_go_up_and_come_down_the_same(graph, client_of):
    number, content = graph.number(), b"\x89PNG" + bytes(range(256)) * 40
    client = client_of(number)
    file = UploadFile(_in_pieces(content), len(content), "image/png", 'صورة "1".png')
    media = await client.media(await client.upload(number.id, file))
    into = io.BytesIO()
    loaded = await client.download(media.url, into, limit_bytes=1_000_000)
    assert into.getvalue() == content
    assert (media.mime_type, media.size) == ("image/png", len(content))
    assert loaded.sha256.hex() == media.sha256


def test_the_token_goes_to_metas_hosts_alone():
    client = GraphClient("https://graph.facebook.com", "v26.0", "token")
    assert client.may_visit("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1")
    for url in (
        "https://fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "http://lookaside.fbsbx.com/x",
        "https://graph.facebook.com@evil.example/x",
        "http://graph.facebook.com/x",
        "https://graph.facebook.com:8443/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://me@lookaside.fbsbx.com/x",
        "https://graph.facebook.com\\@evil.example/x",
        "https://evil.example\\.fbsbx.com/x",
        "https://evil.example#.fbsbx.com",
        "https://evil.example?.fbsbx.com",
        "https://lookaside.fbsbx.com.:443/x",
        "https://lookaside.fbsbx.com\n/x",
        "//lookaside.fbsbx.com/x",
        "ftp://lookaside.fbsbx.com/x",
        "https://[::1",
        "file:///etc/passwd",
        "",
    ):
        assert not client.may_visit(url), url


def test_an_address_of_the_graph_itself_has_its_scheme_and_port():
    client = GraphClient("http://127.0.0.1:8123/", "v26.0", "token")
    assert client.may_visit("http://127.0.0.1:8123/media/1")
    assert GraphClient("https://graph.facebook.com", "v26.0", "").may_visit("https://GRAPH.facebook.com:443/x")
    for url in ("http://127.0.0.1:8124/media/1", "https://127.0.0.1:8123/media/1", "http://127.0.0.1/media/1"):
        assert not client.may_visit(url), url


async def test_a_code_is_exchanged_once(graph, client_of):
    code, number = graph.world.sign_up()
    client = GraphClient(graph.url, "v26.0", "")
    access = await client.exchange_code(app_id="1", app_secret=APP_SECRET, code=code)
    assert access.token == number.token
    assert access.token not in repr(access)
    with pytest.raises(ProviderFault):
        await client.exchange_code(app_id="1", app_secret=APP_SECRET, code=code)
    signed_in = client_of(number)
    await signed_in.subscribe(number.business_id)
    await signed_in.register(number.id, pin="123456")
    assert (number.subscribed, number.registered) == (True, True)
    assert [each.id for each in await signed_in.phone_numbers(number.business_id)] == [number.id]


async def test_a_page_tells_the_instagram_account_that_hangs_on_it(graph, client_of):
    account = graph.instagram(name="shop.cairo")
    page = await client_of(account).page(account.page_id)
    assert (page.instagram.id, page.instagram.username) == (account.id, "shop.cairo")
    assert (await client_of(account).instagram_account()).id == account.id


async def test_reading_is_marked_with_the_typing_sign(graph, client_of):
    number = graph.number()
    line = graph.write(number, CUSTOMER, "salam")
    await client_of(number).mark_read(number.id, line.message_id, typing=True)
    assert line.status == "read"
    assert graph.received()[-1].body["typing_indicator"] == {"type": "text"}
