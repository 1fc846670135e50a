"""The day of API calls and the month of orders and messages: a change of the time zone gives no second one at once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.auth import tokens
from shared.kernel.errors import Refusal
from shared.runtime.postgres import leases
from shared.tenancy.transactions import tenant_tx

pytestmark = pytest.mark.anyio
ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Etc/GMT+12")


@pytest.fixture
def used(call, token_of):
    """Return the API calls that a token of the key, exchanged now, is told of, and when they begin anew."""

    async def ask(raw: str):
        answer = await call("agent-usage", method="GET", headers=await token_of(raw))
        assert answer.status_code == 200, answer.text
        meter = answer.json()["usage"]["api_calls"]
        return meter["used"], datetime.fromisoformat(meter["resets_at"])

    return ask


@pytest.fixture
def move(http, org, services):
    async def to(timezone: str) -> None:
        headers = {**org.owner.headers, "apikey": services.secrets.publishable_key}
        place = f"/rest/v1/organizations?id=eq.{org.id}"
        answer = await http.patch(place, headers=headers, json={"timezone": timezone})
        assert answer.status_code in (200, 204), answer.text

    return to


async def test_a_change_of_zone_gives_no_second_day_at_once(used, move, make_key):
    raw = (await make_key())["api_key"]
    before, ends = await used(raw)
    for zone in ZONES:
        await move(zone)
        count, now_ends = await used(raw)
        assert count > before, zone
        assert now_ends == ends
        before = count


async def test_the_new_zone_counts_from_the_end_of_the_running_day(used, move, make_key, org, tenants):
    raw = (await make_key())["api_key"]
    await move("Asia/Tokyo")
    with tenants.database() as database:
        database.execute("UPDATE organizations SET counting_until = now() - interval '1 s' WHERE id = %s", (org.id,))
    _, ends = await used(raw)
    tokyo = datetime.now(ZoneInfo("Asia/Tokyo"))
    midnight = datetime.combine(tokyo.date() + timedelta(days=1), datetime.min.time(), ZoneInfo("Asia/Tokyo"))
    assert ends == midnight.astimezone(UTC)


async def test_403_a_spent_day_says_when_the_counted_day_ends(used, move, make_key, org):
    _, ends = await used((await make_key())["api_key"])
    await move(ZONES[0])
    with pytest.raises(Refusal) as refused:
        async with tenant_tx(tokens.verify(org.owner.token), request_id="test", scope="read", calls_today=10**9) as tx:
            await tx.admit()
    await leases.close()
    assert refused.value.details["resource"] == "api_calls"
    assert datetime.fromisoformat(refused.value.details["resets_at"]) == ends


@pytest.fixture
def counted(call, org, tenants):
    """Return what each month's counter of orders holds, and what agent-usage tells: how many, until when."""

    async def ask():
        with tenants.database() as database:
            held = database.execute(
                "SELECT used FROM usage_counters"
                " WHERE organization_id = %s AND resource = 'orders' AND period <> 'total'",
                (org.id,),
            ).fetchall()
        told = (await call("agent-usage", method="GET", as_=org.owner)).json()["usage"]["orders"]
        return [row[0] for row in held], told["used"], told["resets_at"]

    return ask


@pytest.fixture
def order(tenants, org):
    def make():
        with tenants.database() as database:
            database.execute("INSERT INTO orders (organization_id) VALUES (%s)", (org.id,))

    return make


async def test_a_change_of_zone_gives_no_second_month_at_once(counted, move, order):
    order()
    _, _, ends = await counted()
    for count, zone in enumerate(ZONES, start=2):
        await move(zone)
        order()
        held, told, _ = await counted()
        assert (held, told) == ([count], count), zone
    await move("Africa/Cairo")
    assert (await counted())[2] == ends


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-11-30 09:59Z", "2026-11"),
        ("2026-11-30 21:59Z", "2026-11"),
        ("2026-11-30 22:00Z", "2026-12"),
        ("2026-12-31 09:59Z", "2026-12"),
        ("2026-12-31 10:00Z", "2027-01"),
    ],
)
async def test_the_month_goes_on_in_the_zone_before_until_its_day_is_over(moment, month, org, tenants):
    """Cairo's last day of November; Kiritimati is twelve hours ahead."""
    with tenants.database() as database:
        database.execute("UPDATE organizations SET timezone = 'Pacific/Kiritimati' WHERE id = %s", (org.id,))
        told = database.execute(
            "UPDATE organizations SET counting_timezone = 'Africa/Cairo', counting_until = '2026-11-30 22:00Z'"
            " WHERE id = %s RETURNING app.counted_month(organizations, %s)",
            (org.id, moment),
        ).fetchone()
    assert told == (month,)


def test_months_are_counted_in_one_place(tenants):
    with tenants.database() as database:
        found = database.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'app'::regnamespace AND prokind = 'f'"
            " AND pg_get_functiondef(oid) LIKE '%''YYYY-MM''%'"
        ).fetchall()
    assert found == [("counted_month",)]
