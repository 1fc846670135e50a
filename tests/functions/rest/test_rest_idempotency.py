"""Writes of /rest/v1 under an Idempotency-Key: one effect, one answer."""

import asyncio
import uuid

import pytest

pytestmark = pytest.mark.anyio
SHOWN = {"Prefer": "return=representation"}


@pytest.fixture
def write(rest, org):
    agent = org.agent("write")

    async def send(method, target, *, key, as_=agent, **kw):
        headers = {"Idempotency-Key": key, **kw.pop("headers", {})}
        return await rest(method, target, as_=as_, headers=headers, **kw)

    return send


@pytest.fixture
def names(tenants, org):
    def look():
        with tenants.database() as database:
            rows = database.execute("SELECT first_name FROM customers WHERE organization_id = %s ORDER BY 1", [org.id])
            return [name for (name,) in rows]

    return look


def told(answer):
    kept = {
        name: answer.headers[name] for name in ("content-type", "content-range", "location") if name in answer.headers
    }
    return answer.status_code, answer.content, kept


async def test_the_same_write_again_gives_the_first_answer_and_no_second_effect(write, names):
    answers = [
        await write("POST", "customers", key="one", json={"first_name": "Mona"}, headers=SHOWN) for _ in range(3)
    ]
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true", "true"]
    assert told(answers[0])[0] == 201
    assert [told(answer) for answer in answers[1:]] == [told(answers[0])] * 2
    assert names() == ["Mona"]


async def test_an_update_and_a_deletion_are_replayed_too(write, names):
    await write("POST", "customers", key="made", json={"first_name": "Mona"})
    changed = [
        await write("PATCH", "customers?first_name=eq.Mona", key="changed", json={"first_name": "Amal"}, headers=SHOWN)
        for _ in range(2)
    ]
    assert [len(answer.json()) for answer in changed] == [1, 1]
    await write("POST", "labels", key="label", json={"name": "vip"})
    gone = [await write("DELETE", "labels?name=eq.vip", key="gone", headers=SHOWN) for _ in range(2)]
    assert {answer.status_code for answer in gone} <= {200, 403}
    assert told(gone[0]) == told(gone[1])


@pytest.mark.parametrize(
    "other",
    [
        {"target": "customers", "json": {"first_name": "Amal"}},
        {"target": "customers?select=id", "json": {"first_name": "Mona"}},
        {"target": "customers", "json": {"first_name": "Mona"}, "headers": {"Prefer": "return=minimal"}},
    ],
)
async def test_422_for_another_request_under_the_same_key(write, names, error_of, other):
    await write("POST", "customers", key="one", json={"first_name": "Mona"}, headers=SHOWN)
    refused = await write("POST", other.pop("target"), key="one", **other)
    assert (refused.status_code, error_of(refused)) == (422, "idempotency_key_reused")
    assert names() == ["Mona"]


async def test_two_at_once_have_one_effect(write, names):
    answers = await asyncio.gather(
        *(write("POST", "customers", key="one", json={"first_name": "Mona"}) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert names() == ["Mona"]


async def test_a_refusal_that_would_come_again_is_kept_and_another_is_not(write, names, org):
    body = {"first_name": "Mona", "email": "mona@example.com"}
    await write("POST", "customers", key="made", json=body)
    twice = [await write("POST", "customers", key="twin", json=body) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [409, 409]
    assert [answer.headers.get("Idempotent-Replayed") for answer in twice] == [None, "true"]
    assert twice[0].content == twice[1].content
    reader = org.agent("read")
    refused = [await write("POST", "customers", key="scope", as_=reader, json={"first_name": "Amal"}) for _ in range(2)]
    assert [answer.status_code for answer in refused] == [403, 403]
    assert "Idempotent-Replayed" not in refused[1].headers
    assert names() == ["Mona"]


async def test_a_refusal_by_preferences_undoes_the_work_and_is_kept(write, names):
    strict = {"Prefer": "handling=strict, max-affected=1"}
    await write("POST", "customers", key="made", json=[{"first_name": "A"}, {"first_name": "B"}])
    answers = [
        await write("PATCH", "customers?first_name=in.(A,B)", key="many", json={"first_name": "C"}, headers=strict)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content
    assert names() == ["A", "B"]


async def test_the_keys_of_others_are_others(write, names, org, rest, other_org):
    for as_ in (org.agent("write"), org.owner, other_org.owner):
        answer = await write("POST", "customers", key="shared", as_=as_, json={"first_name": "Mona"})
        assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (201, False)
    assert names() == ["Mona", "Mona"]


@pytest.mark.parametrize("key", ["", "k" * 256, "mit-ü"])
async def test_422_for_what_is_no_key(write, error_of, key):
    answer = await write("POST", "customers", key=key.encode("latin-1"), json={"first_name": "Mona"})
    assert (answer.status_code, error_of(answer)) == (422, "invalid_idempotency_key")


async def test_a_read_takes_no_notice_of_a_key(write):
    key = uuid.uuid4().hex
    answers = [await write("GET", target, key=key) for target in ("customers", "items")]
    assert {answer.status_code for answer in answers} == {200}


def many(rows, characters):
    return [{"name": f"Item {number}", "sku": f"{number}", "description": "x" * characters} for number in range(rows)]


def weight(answer):
    return len(answer.content)


async def test_413_for_an_answer_that_is_too_large_to_keep_and_nothing_is_done(write, rest, error_of, org):
    body, key = many(100, 1000), "large"
    for _ in range(2):
        refused = await write("POST", "items", key=key, json=body, headers=SHOWN)
        assert (refused.status_code, error_of(refused)) == (413, "answer_too_large_to_keep")
    assert (await rest("GET", "items?select=id", as_=org.owner)).json() == []
    ids = [await write("POST", "items?select=id", key=key, json=body, headers=SHOWN) for _ in range(2)]
    assert (ids[0].status_code, len(ids[0].json()), told(ids[1])) == (201, 100, told(ids[0]))


async def test_an_answer_of_64_kb_is_kept_whole(write):
    answers = [
        await write("POST", "items?select=description", key="full", json=many(64, 985), headers=SHOWN) for _ in range(2)
    ]
    assert 64_000 < weight(answers[0]) <= 65_536
    assert [told(each) for each in answers] == [told(answers[0])] * 2
    assert answers[1].headers["Idempotent-Replayed"] == "true"
