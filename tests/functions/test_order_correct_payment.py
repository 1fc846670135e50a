"""What an admin puts right of the money of an order, also when it is done."""

import uuid

import pytest

DONE = ["shipped", "delivered", "cancelled"]


@pytest.fixture
def order_at(tenants, org):
    """Provide `order_at("delivered", "paid", 120)`: an order of 300 that is there, however it came to be; its id."""

    def make(order_status, payment_status="unpaid", refund_amount=0):
        order = uuid.uuid4()
        with tenants.database() as db:
            db.execute(
                "INSERT INTO orders (id, organization_id, total_amount, currency, order_status, payment_status,"
                " refund_amount) VALUES (%s, %s, 300, 'EGP', %s, %s, %s)",
                (order, org.id, order_status, payment_status, refund_amount),
            )
        return str(order)

    return make


@pytest.fixture
def correct(call):
    async def post(caller, order, **values):
        return await call("order-correct-payment", as_=caller, json={"order_id": order, **values})

    return post


@pytest.fixture
def trail(tenants):
    def read(order):
        with tenants.database() as db:
            return db.execute(
                "SELECT actor_type, changes FROM audit_events"
                " WHERE entity_id = %s AND action = 'orders.correct_payment'",
                (order,),
            ).fetchall()

    return read


@pytest.mark.parametrize("order_status", ["pending", *DONE])
async def test_200_corrects_what_was_typed_wrong_and_the_trail_keeps_both(org, order_at, correct, trail, order_status):
    order = order_at(order_status, "refunded", 300)
    answer = await correct(org.agent("admin"), order, payment_status="paid", refund_amount=30)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["payment_status"], float(told["refund_amount"])) == ("paid", 30)
    changes = {
        "payment_status": {"from": "refunded", "to": "paid"}, "refund_amount": {"from": 300.0, "to": 30},
    }  # fmt: skip
    assert trail(order) == [("agent", changes)]


async def test_200_for_the_owner_and_leaves_what_is_left_out(org, order_at, correct, trail):
    order = order_at("delivered", "refunded", 300)
    answer = await correct(org.owner, order, refund_amount=120.5)
    assert (answer.json()["payment_status"], float(answer.json()["refund_amount"])) == ("refunded", 120.5)
    order = order_at("delivered", "paid")
    assert (await correct(org.owner, order, payment_status="unpaid")).json()["payment_status"] == "unpaid"
    assert len(trail(order)) == 1


@pytest.mark.parametrize(("before", "values"), [
    (("paid", 0), {"refund_amount": 301}), (("unpaid", 0), {"refund_amount": 1}),
    (("paid", 120), {"payment_status": "unpaid"}),
])  # fmt: skip
async def test_409_where_more_would_be_given_back_than_was_paid(org, order_at, correct, *, trail, before, values):
    order = order_at("delivered", *before)
    answer = await correct(org.owner, order, **values)
    assert (answer.status_code, answer.json()["error"]) == (409, "refund_exceeds_paid")
    assert not trail(order)


async def test_409_by_the_database_for_a_refund_that_was_never_paid(org, tx_as, order_at):
    order = order_at("delivered")
    async with tx_as(org.owner, scope="admin") as tx:
        with pytest.raises(Exception, match="a correction cannot refund"):
            await tx.run("SELECT app.correct_payment(%(id)s, 'refunded', 0)", id=order)


@pytest.mark.parametrize(
    "values", [{}, {"payment_status": "refunded"}, {"refund_amount": -1}, {"refund_amount": 0.001}]
)
async def test_422_for_what_is_no_correction(org, order_at, correct, values):
    assert (await correct(org.owner, order_at("delivered", "paid"), **values)).status_code == 422


async def test_403_with_write_alone_and_404_for_anothers_order(tenants, org, order_at, correct):
    order = order_at("delivered", "paid")
    assert (await correct(org.agent("write"), order, refund_amount=1)).json()["error"] == "insufficient_scope"
    for caller, asked in ((tenants.org().owner, order), (org.owner, str(uuid.uuid4()))):
        answer = await correct(caller, asked, refund_amount=1)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
