"""Random histories of sending, with crashes anywhere, held against what Meta has and what the counters ought to say."""

import contextlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.domain.messaging.delivery import outcomes, requests, sending, transmission
from shared.domain.messaging.delivery.requests import MessageRequest
from shared.domain.messaging.inbox import service as inbox
from shared.kernel.errors import Refusal
from shared.runtime.postgres import leases
from shared.tenancy.principal import Kind, Principal

pytestmark = pytest.mark.anyio
FAULTS = ["truncated", "wrong-json", "502", "429", "500", "131026", "131000", "190", "131056", "late-131026"]
STEPS = st.one_of(
    st.just(("send",)),
    st.tuples(st.just("send and deliver"), st.sampled_from(FAULTS), st.sampled_from([None, "before", "after"])),
    st.tuples(st.just("deliver"), st.sampled_from([None, *FAULTS]), st.sampled_from([None, "before", "after"])),
    st.tuples(st.just("statuses"), st.integers(1, 2), st.booleans()),
    st.tuples(st.just("pass"), st.sampled_from([1, 15, 25 * 60])),
    st.just(("customer writes",)),
)


class Crash(BaseException):  # (what kill -9 is to the code that it meets)
    """The process ends here."""


class History:
    """One number, one customer, and a record of what Meta has shown us."""

    def __init__(self, *, account, graph, tx_as, age, rows, monkeypatch) -> None:
        self.account, self.graph, self.tx_as, self.age, self.rows = account, graph, tx_as, age, rows
        self.agent, self.patch = account.org.agent(), monkeypatch
        self.shown: set[str] = set()
        self.clock = 0
        self.gone: dict[str, int] = {}
        self.open = True
        self.intents: list[str] = []

    async def customer_writes(self) -> None:
        self.graph.write(self.account.meta, "201012345678", "hello")
        await self.statuses(1, shuffled=False)
        self.open = True

    async def send(self) -> None:
        ((chat_id,),) = self.rows("SELECT id FROM chats WHERE organization_id = %s", self.account.org.id)
        caller = Principal(Kind.AGENT, "authenticated", "{}", self.agent.id, self.account.org.id)
        try:
            async with self.tx_as(self.agent, scope="write") as tx:
                told = await requests.send_message(
                    tx, MessageRequest(chat_id=chat_id, message="hi"), caller, platform=None
                )
                self.intents.append(str(told.id))
        except Refusal as refused:
            assert refused.code in {"window_closed", "channel_not_connected", "recipient_unreachable"}  # noqa: PT017
            assert refused.code != "window_closed" or not self.open  # noqa: PT017

    async def deliver(self, fault=None, crash=None) -> None:
        before = len(self.graph.sent(self.account.meta))
        if fault:
            self.graph.fail(fault, account=self.account.meta)
        with self.patch.context() as patched:
            if crash:
                module, name = (transmission, "_call") if crash == "before" else (outcomes, "record")
                patched.setattr(module, name, self._crash)
            with contextlib.suppress(Crash):
                await sending.deliver_due(request_id="history", for_s=20)
        self.graph.world.faults.clear()
        gone = [line.opaque for line in self.graph.sent(self.account.meta)[before:]]
        assert not set(gone) & self.shown, "sent again although Meta had shown that it has it"
        assert not gone or self.open, "sent although the window had closed"
        assert len(set(gone)) == len(gone), "sent twice in one breath"
        assert all(self.clock >= self.gone.get(each, -10) + 10 for each in gone), "sent again before Meta had its time"
        self.gone |= dict.fromkeys(gone, self.clock)

    @staticmethod
    async def _crash(*_args, **_kwargs) -> None:
        raise Crash

    async def statuses(self, copies, shuffled) -> None:
        assert set(await self.graph.deliver(copies=copies, shuffled=shuffled)) <= {200}
        await inbox.process(request_id="history", for_s=20)
        told = self.rows("SELECT message_id::text FROM message_events WHERE organization_id = %s", self.account.org.id)
        self.shown |= {message_id for (message_id,) in told if message_id}

    def let_pass(self, minutes) -> None:
        self.age(self.account.org, mins=minutes)
        self.clock += minutes
        self.open = self.open and minutes < 24 * 60

    def reconnect(self) -> None:
        self.rows(
            "UPDATE channel_accounts SET status = 'connected', held_until = NULL WHERE id = %s RETURNING id",
            self.account.id,
        )

    async def settle(self) -> None:
        """Whatever is on its way arrives, and nothing goes wrong any more."""
        for _ in range(4):
            self.reconnect()
            self.let_pass(20)
            await self.statuses(2, shuffled=True)
            await self.deliver()
        await self.statuses(1, shuffled=False)

    def check(self, used) -> None:
        org = self.account.org.id
        states = dict(
            self.rows("SELECT message_id::text, state FROM message_deliveries WHERE organization_id = %s", org)
        )
        assert set(states) == set(self.intents), "an intent was lost or made up"
        lines = self.graph.sent(self.account.meta)
        for message_id, state in states.items():
            theirs = [line for line in lines if line.opaque == message_id]
            assert len(theirs) <= 2, "sent a third time"
            arrived = [line for line in theirs if line.status != "failed"]
            assert state not in {"queued", "sending"}, state
            assert not arrived or state in {"sent", "delivered", "read"}, (state, theirs)
            assert theirs or state in {"failed", "unknown"}, (state, theirs)
        assert used(self.account.org) == sum(state != "failed" for state in states.values())


async def test_every_failure_of_several_deliveries_is_logged(base_url, monkeypatch, capsys):
    async def take(*_):
        return range(3)

    monkeypatch.setattr(sending, "_take", take)
    monkeypatch.setattr(sending, "_deliver", History._crash)
    with pytest.raises(Crash):
        await sending.deliver_due(request_id="history", for_s=20)
    await leases.close()
    assert capsys.readouterr().out.count('"event":"message_failed"') == 2


@example(steps=[("send",), ("pass", 25 * 60), ("deliver", None, None)])
@example(steps=[("send and deliver", "truncated", None), *[("pass", 15), ("deliver", "truncated", None)] * 3])
@example(steps=[("send and deliver", "truncated", None), ("pass", 25 * 60), ("deliver", None, None)])
@example(steps=[("send and deliver", "131056", "after"), ("statuses", 2, True), ("pass", 15), ("deliver", None, None)])
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
async def test_random_histories_lose_and_repeat_nothing_and_keep_counters_right(
    *, steps, tenants, joined, graph, tx_as, age, rows, used, monkeypatch
):
    graph.reset()
    account = await joined(tenants.org())
    history = History(account=account, graph=graph, tx_as=tx_as, age=age, rows=rows, monkeypatch=monkeypatch)
    try:
        await history.customer_writes()
        for name, *arguments in steps:
            match name:
                case "send":
                    await history.send()
                case "send and deliver":
                    await history.send()
                    await history.deliver(*arguments)
                case "deliver":
                    await history.deliver(*arguments)
                case "statuses":
                    await history.statuses(*arguments)
                case "pass":
                    history.let_pass(*arguments)
                case _:
                    await history.customer_writes()
        await history.settle()
        history.check(used)
    finally:
        await leases.close()
