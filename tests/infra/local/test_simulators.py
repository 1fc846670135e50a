"""The simulated Meta as a tool: it refuses as Meta does, tells in any manner, and a customer can be played with it."""

import json
import re
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from infra.local.commands.cli import app
from infra.local.demo import simulator
from infra.local.demo.business.channels import CHANNELS
from infra.local.process import free_port
from infra.local.simulators import client as simulate
from infra.local.simulators.graph import account_files, customers
from infra.local.simulators.graph.delivery import Courier, Manner
from infra.local.simulators.graph.errors import GraphError
from infra.local.simulators.graph.faults import FAULTS, Fault, Script
from infra.local.simulators.graph.limits import Limits
from infra.local.simulators.graph.messages import send
from infra.local.simulators.graph.server import Simulator
from infra.local.simulators.graph.webhooks import body_of
from infra.local.simulators.graph.world import World
from shared.kernel.clock import utc_now
from shared.providers.meta.events import EchoMessage, InboundMessage, ReactionEvent, StatusUpdate
from shared.providers.meta.intake import parse
from tests.support.graph import serving

CUSTOMER = "201590000001"
TEXT = {"messaging_product": "whatsapp", "to": CUSTOMER, "type": "text", "text": {"body": "hi"}}
pytestmark = pytest.mark.anyio


@pytest.fixture
def world():
    return World()


@pytest.fixture
def number(world):
    return world.add_account("whatsapp")


@pytest.fixture
def told(world):
    """Return what waits for the app, as the app will read it."""

    def read():
        courier = Courier(world, url="", app_secret="secret")
        bundles = courier.bundles(world.take_waiting(float("inf")), Manner())
        return [event for bundle in bundles for event in parse(json.dumps(body_of(bundle)).encode())]

    return read


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"messaging_product": None}, 100),
        ({"to": None}, 100),
        ({"to": "EG.13491208655302"}, 131009),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {"body": " "}}, 131008),
        ({"text": {"body": "x", "colour": "red"}}, 100),
        ({"colour": "red"}, 100),
        ({"type": "hologram", "text": None}, 131051),
        ({"type": "image"}, 100),
        ({"type": "image", "text": None}, 131008),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        ({"type": "template", "text": None, "template": {"name": "none", "language": {"code": "ar"}}}, 132001),
    ],
)
def test_a_body_that_meta_refuses_is_refused_with_its_code(world, number, change, code):
    body = {name: value for name, value in (TEXT | change).items() if value is not None}
    with pytest.raises(GraphError) as refused:
        send(world, number, body)
    assert refused.value.code == code
    assert world.lines == []


def test_an_accepted_message_is_reported_as_sent_and_delivered(world, number, told):
    answer, _ = send(world, number, TEXT | {"biz_opaque_callback_data": "intent-1"})
    events = told()
    assert [(event.status, event.opaque) for event in events] == [("sent", "intent-1"), ("delivered", "intent-1")]
    assert {event.message_id for event in events} == {answer["messages"][0]["id"]}
    assert events[0].pricing.category == "service"


def test_a_closed_window_fails_late_on_whatsapp_and_at_once_on_messenger(world, number, told):
    long_ago = utc_now() - timedelta(hours=25)
    customers.write(world, number, CUSTOMER, "salam", at=long_ago)
    send(world, number, TEXT)
    assert [error.code for event in told() if isinstance(event, StatusUpdate) for error in event.errors] == [131047]
    page = world.add_account("facebook")
    customers.write(world, page, "77", "salam", at=long_ago)
    body = {"recipient": {"id": "77"}, "messaging_type": "RESPONSE", "message": {"text": "hi"}}
    with pytest.raises(GraphError) as refused:
        send(world, page, body)
    assert (refused.value.code, refused.value.subcode) == (10, 2018278)
    send(world, page, body | {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"})


def test_customers_write_react_and_read_on_every_channel(world, told):
    for channel in ("whatsapp", "facebook", "instagram"):
        account = world.add_account(channel)
        line = customers.write(world, account, CUSTOMER, "سلام")
        customers.react(world, account, CUSTOMER, line.message_id, "👍")
        customers.write_in_app(world, account, CUSTOMER, "أهلا")
        assert customers.read(world, account, CUSTOMER) == 1
        message, reaction, echo, read = told()
        assert isinstance(message, InboundMessage)
        assert message.content.text == "سلام"
        assert isinstance(reaction, ReactionEvent)
        assert isinstance(echo, EchoMessage)
        assert isinstance(read, StatusUpdate)
        assert {event.account_id for event in (message, reaction, echo, read)} == {account.id}


def test_a_hidden_number_is_told_by_its_user_id_alone(world, number, told):
    customer = world.customer(CUSTOMER)
    customer.hides_number = True
    customers.write(world, number, CUSTOMER, "hi")
    (message,) = told()
    assert (message.sender.wa_id, message.sender.user_id) == (None, customer.user_id)


def test_one_pair_has_45_messages_ahead_and_then_one_in_six_seconds():
    clock = [0.0]
    limits = Limits(lambda: clock[0])
    for _ in range(45):
        clock[0] += 0.02
        limits.take("shop", "mona", per_s=80)
    with pytest.raises(GraphError) as refused:
        limits.take("shop", "mona", per_s=80)
    assert refused.value.code == 131056
    limits.take("shop", "sara", per_s=80)
    clock[0] += 6
    limits.take("shop", "mona", per_s=80)


def test_a_number_has_80_messages_a_second():
    limits = Limits(lambda: 0.0)
    for count in range(80):
        limits.take("shop", f"customer {count}", per_s=80)
    with pytest.raises(GraphError) as refused:
        limits.take("shop", "one more", per_s=80)
    assert refused.value.code == 130429
    limits.take("another shop", "one more", per_s=80)


def test_faults_befall_who_they_are_for_and_as_often_as_ordered():
    script = Script()
    script.add(Fault("131056", 2, account_id="shop"))
    assert script.next("other", "mona") is None
    for _ in range(2):
        with pytest.raises(GraphError):
            script.next("shop", "mona")
    assert script.next("shop", "mona") is None
    with pytest.raises(ValueError, match="no fault is called"):
        script.add(Fault("thunder", 1))


def test_updates_travel_doubled_shuffled_and_in_batches(world, number):
    for count in range(20):
        customers.write(world, number, CUSTOMER, str(count))
    page = world.add_account("facebook")
    customers.write(world, page, "77", "hi")
    courier = Courier(world, url="", app_secret="secret", seed=1)
    updates = world.take_waiting(float("inf"))
    bundles = courier.bundles(updates, Manner(copies=2, shuffled=True, batch=8))
    assert sorted(id(one) for bundle in bundles for one in bundle) == sorted(id(one) for one in updates * 2)
    assert all(len({one.object for one in bundle}) == 1 and len(bundle) <= 8 for bundle in bundles)
    assert [one for bundle in bundles for one in bundle] != updates * 2
    plain = courier.bundles(updates, Manner())
    assert [bundle for [bundle] in plain] == updates


async def test_an_undelivered_event_is_kept_for_later(world, number):
    customers.write(world, number, CUSTOMER, "hi")
    courier = Courier(world, url=f"http://127.0.0.1:{free_port()}/", app_secret="secret")
    assert await courier.deliver() == [0]
    (update,) = world.waiting
    assert update.attempts == 1
    assert update.due > time.monotonic()


def test_accounts_survive_a_restart_and_their_file_is_nobody_elses(tmp_path, world):
    _, account = world.sign_up(name="New shop")
    path = tmp_path / "simulator.json"
    account_files.keep(world, path)
    assert path.stat().st_mode & 0o077 == 0
    again = World()
    account_files.load(again, path)
    assert again.accounts[account.id].token == account.token
    path.write_text("{")
    account_files.load(World(), path)


def test_the_demo_shops_accounts_are_there_with_templates(tmp_path):
    made = simulator.make(tmp_path, port=free_port(), base_url="http://127.0.0.1:1", app_secret="secret")
    assert {each.external_id for each in CHANNELS} <= set(made.world.accounts)
    assert all(each.templates for each in made.world.accounts.values() if each.channel == "whatsapp")
    tokens = {each.token for each in made.world.accounts.values()}
    assert len(tokens) == len(CHANNELS)


@pytest.fixture
def running(tmp_path, monkeypatch):
    """Yield a simulator that `nexus simulate` finds; it delivers nothing."""
    made = Simulator(port=free_port(), webhook_url=f"http://127.0.0.1:{free_port()}/", app_secret="secret")
    made.world.add_account("whatsapp", id="1590", name="بيت القمرية")
    account_files.files_of(tmp_path).address.write_text(json.dumps({"url": made.base_url}))
    monkeypatch.setenv("NEXUS_DATA_DIR", str(tmp_path))
    with serving(made):
        yield made


@pytest.fixture
def nexus():
    def run(*arguments, **of):
        return CliRunner().invoke(app, ["simulate", *arguments], **of)

    return run


def test_a_person_says_something_and_it_is_on_its_way(running, nexus):
    said = nexus("--name", "Sara", "--as", CUSTOMER, "say", "السلام عليكم", "--json")
    assert said.exit_code == 0, said.output
    (line,) = running.world.lines
    assert json.loads(said.output)["message_id"] == line.message_id
    assert running.world.customers[CUSTOMER].name == "Sara"
    assert len(running.world.waiting) == 1


def test_waiting_for_an_answer_that_does_not_come_is_exit_code_1(running, nexus):
    assert nexus("say", "anybody?", "--wait", "0.2").exit_code == 1


def test_an_answer_that_comes_is_shown(running):
    who: dict[str, Any] = {"channel": "whatsapp", "account_id": None, "customer_id": CUSTOMER, "name": "Mona"}
    with simulate.Customer(running.base_url, **who) as customer:
        lines = simulate.say(customer, "salam", wait_s=10)
        assert next(lines)["by_customer"]
        send(running.world, running.world.accounts["1590"], TEXT)
        assert next(lines)["text"] == "hi"


def test_a_conversation_by_lines_and_commands(running, nexus, tmp_path):
    shop = running.world.accounts["1590"]
    send(running.world, shop, {**TEXT, "to": CUSTOMER})
    (tmp_path / "receipt.pdf").write_bytes(b"%PDF-1.7")
    typed = [
        "طلبي فين؟",
        "/read",
        "/react 👍",
        f"/file {tmp_path / 'receipt.pdf'}",
        "/fault 131056 2",
        "/faults",
        "/what",
    ]
    said = nexus("--as", CUSTOMER, input="\n".join([*typed, "/file nowhere", "/quit"]) + "\n")
    assert said.exit_code == 0, said.output
    kinds = [(line.kind, line.by_customer) for line in running.world.lines]
    assert kinds == [("text", False), ("text", True), ("reaction", True), ("document", True)]
    assert running.world.lines[0].status == "read"
    assert [(each.name, each.times) for each in running.world.faults.listed()] == [("131056", 2)]
    assert "truncated" in said.output
    assert "No such file" in said.output


def test_a_returning_customer_sees_earlier_messages_once(running, nexus):
    send(running.world, running.world.accounts["1590"], {**TEXT, "to": CUSTOMER})
    assert nexus("--as", CUSTOMER, input="salam\n/quit\n").exit_code == 0
    back = nexus("--as", CUSTOMER, "--name", "Mona", input="/quit\n").output
    assert (back.count("بيت القمرية hi"), back.count("Mona salam")) == (1, 1)


def test_faults_and_manners_are_ordered_from_the_command_line(running, nexus):
    assert set(FAULTS) <= set(re.findall(r"^\S+", nexus("fault").output, re.MULTILINE))
    assert "due: timeout, 3 more" in nexus("fault", "timeout", "--times", "3").output
    assert nexus("fault", "thunder").exit_code == 1
    assert json.loads(nexus("fault", "--clear", "--json").output)["due"] == []
    assert nexus("travel", "--copies", "2", "--shuffled", "--batch", "9", "--late", "1.5").exit_code == 0
    assert running.courier.manner == Manner(copies=2, shuffled=True, batch=9, late_s=1.5)


def test_accounts_are_listed_and_made(running, nexus):
    assert "1590" in nexus("accounts").output
    number = json.loads(nexus("sign-up", "New").output)
    assert number["phone_number_id"] in running.world.accounts
    assert number["code"] in running.world.codes
    page = json.loads(nexus("--on", "facebook", "sign-up").output)
    assert running.world.accounts[page["page_id"]].token == page["access_token"]


def test_without_a_running_nexus_it_says_what_to_do(nexus, tmp_path, monkeypatch):
    monkeypatch.setenv("NEXUS_DATA_DIR", str(tmp_path))
    said = nexus("say", "hi")
    assert said.exit_code == 1
    assert "make up" in said.output


def test_media_of_a_customer_are_served_with_the_accounts_token_alone(running):
    shop = running.world.accounts["1590"]
    line = customers.send_file(
        running.world, shop, CUSTOMER, b"picture", mime_type="image/jpeg", base_url=running.base_url
    )
    headers = {"Authorization": f"Bearer {shop.token}"}
    place = httpx.get(f"{running.base_url}/v26.0/{line.content['id']}", headers=headers).json()
    assert httpx.get(place["url"], headers=headers).content == b"picture"
    assert httpx.get(place["url"]).status_code == 401
    assert httpx.get(f"{running.base_url}/v26.0/{line.content['id']}").status_code == 401
