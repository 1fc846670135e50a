"""`nexus demo` against the gateway: it passes, again and again, and says plainly what stands in its way."""

import io
import json
from typing import Any

import httpx
import msgspec
import pytest
from rich.console import Console

from infra.local.demo.business.shops import SHOP
from infra.local.demo.client import DemoClient, LimitedForLong, Unexpected
from infra.local.demo.report import TEMPORARY_FAILURE
from infra.local.demo.seed import seed
from infra.local.demo.simulator import open_demo_accounts
from infra.local.demo.steps import Demo
from infra.local.demo.walk import demo

REGISTRATIONS_AN_HOUR = 20


@pytest.fixture(scope="module")
def shop(services, simulator):
    open_demo_accounts(simulator.world, services.secrets.meta_app_secret)
    return seed(services.admin_url, services.secrets)


@pytest.fixture
def run(base_url, services, shop, address):
    """Return one run of the demo from the test's own address: its exit code and what it printed."""

    def run(*, as_json=False, url=base_url, secrets=services.secrets):
        output = io.StringIO()
        console = Console(file=output, width=200)
        code = demo(url, secrets, console, as_json=as_json, headers={"X-Forwarded-For": address})
        return code, output.getvalue()

    return run


@pytest.fixture
def usable_keys(tenants):
    """Return how many keys that the demo made still open something."""

    def usable_keys():
        with tenants.database() as connection:
            return connection.execute(
                "SELECT count(*) FROM agent_api_keys"
                " WHERE organization_id = %s AND is_active AND name LIKE 'nexus demo%%'",
                [SHOP.organization_id],
            ).fetchone()[0]

    return usable_keys


@pytest.fixture
def client():
    """Return a client whose server gives these answers, and the waits it was told of."""

    def client(*answers: httpx.Response) -> tuple[DemoClient, list[int]]:
        waits: list[int] = []
        left = iter(answers)
        http = httpx.Client(base_url="http://nexus", transport=httpx.MockTransport(lambda _: next(left)))
        return DemoClient(http, waits.append), waits

    return client


def test_every_step_passes_and_is_shown_with_its_request_and_answer(run):
    code, shown = run()
    assert code == 0, shown
    assert "✗" not in shown
    for part in (
        "→ POST /functions/v1/agent-register",
        "→ MCP initialize",
        "plan_limit_exceeded: the free plan does not include the scope write",
        "ياسمين عبد الرحمن (similar)",
        "no second contact",
        "pending → confirmed",
        "queued for whatsapp",
        "401 key_revoked",
        "Everything works.",
    ):
        assert part in shown


def test_the_demo_passes_twice_and_leaves_no_key_or_reserved_stock(run, usable_keys, tenants):
    def reserved() -> Any:
        with tenants.database() as connection:
            return connection.execute("SELECT sum(reserved_quantity) FROM stock_balances").fetchone()

    before = reserved()
    assert [run()[0] for _ in range(3)] == [0, 0, 0]
    assert usable_keys() == 0
    assert reserved() == before


def test_a_program_reads_every_step_as_json(run):
    code, printed = run(as_json=True)
    told = json.loads(printed)
    assert (code, told["ok"], told["exit_code"]) == (0, True, 0)
    assert {step["outcome"] for step in told["steps"]} == {"passed"}
    assert len({step["chapter"] for step in told["steps"]}) == 2
    assert all(step["requests"] and step["answer"] for step in told["steps"])


def test_no_key_password_or_token_is_shown(run, services):
    _, printed = run(as_json=True)
    assert services.secrets.demo_password not in printed
    assert "eyJ" not in printed
    for word in printed.split("nxs_ak_")[1:]:
        assert word[8] == "…"


def test_a_reached_registration_limit_is_reported_and_the_rest_goes_on(run, base_url, address):
    with httpx.Client(base_url=base_url, headers={"X-Forwarded-For": address}) as http:
        for number in range(REGISTRATIONS_AN_HOUR):
            body = {"agent_name": "a", "agent_platform": "tests", "organization_name": "o"}
            email = f"{address}-{number}@example.com"
            http.post("/functions/v1/agent-register", json=body | {"owner_email": email}).raise_for_status()
    code, shown = run()
    assert code == TEMPORARY_FAILURE
    assert "rate_limit_exceeded: " in shown
    assert "minutes; run the demo again then." in shown
    assert "The rest of this part was left out." in shown
    assert "401 key_revoked" in shown


def test_a_gateway_that_does_not_run_is_reported_with_how_to_start_it(run, free_port):
    code, shown = run(url=f"http://127.0.0.1:{free_port()}")
    assert code == 1
    assert "Start Nexus with `make up`" in shown


def test_a_missing_shop_is_reported_with_how_to_seed_it(run, services):
    code, shown = run(secrets=msgspec.structs.replace(services.secrets, demo_email="nobody@demo.nexus.example"))
    assert code == 1
    assert "`nexus seed` puts it in" in shown
    assert "Something failed." in shown


def test_the_key_is_revoked_even_where_a_step_fails(run, usable_keys, monkeypatch):
    def fail(self: Demo, _: str) -> None:
        with self._step("A step that fails"):
            raise Unexpected("expected the sun, got rain")

    monkeypatch.setattr(Demo, "_converse", fail)
    code, shown = run()
    assert code == 1
    assert "expected the sun, got rain" in shown
    assert usable_keys() == 0


def test_a_gateway_that_stops_midway_is_reported_without_a_traceback(run, monkeypatch):
    def lose(*_: object) -> None:
        raise httpx.ConnectError("gone")

    def fail(self: Demo, token: str) -> None:
        monkeypatch.setattr(DemoClient, "_send", lose)
        with self._step("A step on a dead line"):
            self._client.rpc("tools/list", {}, token=token)

    monkeypatch.setattr(Demo, "_converse", fail)
    code, shown = run()
    assert code == 1
    assert "Nothing answers at" in shown


def test_a_limit_by_the_minute_is_waited_for(client):
    demo_client, waits = client(httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(200, json={"ok": 1}))
    assert demo_client.request("GET", "/x") == {"ok": 1}
    assert waits == [0]


def test_a_limit_by_the_day_is_not_waited_for(client):
    demo_client, waits = client(httpx.Response(429, headers={"Retry-After": "80000"}, json={"error": "limited"}))
    with pytest.raises(LimitedForLong, match="That is 23 hours"):
        demo_client.request("GET", "/x")
    assert waits == []


def test_an_unexpected_status_is_reported_with_code_and_request(client):
    refusal = {"error": "not_found", "message": "no such thing", "request_id": "r-1"}
    demo_client, _ = client(httpx.Response(404, json=refusal), httpx.Response(502, text="bad gateway"))
    with pytest.raises(Unexpected, match=r"expected 200 from /x, got 404: not_found: no such thing\. \(request r-1\)"):
        demo_client.request("GET", "/x")
    with pytest.raises(Unexpected, match="got 502: bad gateway"):
        demo_client.request("GET", "/x")


def test_a_page_instead_of_json_is_reported(client):
    demo_client, _ = client(httpx.Response(200, text="<html>"))
    with pytest.raises(Unexpected, match="expected JSON from /x, got <html>"):
        demo_client.request("GET", "/x")


def test_a_json_rpc_error_and_an_unexpected_refusal_are_reported(client):
    demo_client, _ = client(
        httpx.Response(200, json={"error": {"code": -32601}}),
        httpx.Response(200, json={"result": {"isError": True, "structuredContent": {"error": "not_found"}}}),
    )
    with pytest.raises(Unexpected, match="-32601"):
        demo_client.rpc("tools/list", {}, token="t")
    with pytest.raises(Unexpected, match=r"expected a result of nexus_x, got .*not_found"):
        demo_client.tool("nexus_x", {}, token="t")
