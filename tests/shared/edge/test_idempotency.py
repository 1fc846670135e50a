"""Idempotency-Key: the first answer is the answer, to that caller, for that request, for a day."""

import base64
import uuid
from typing import ClassVar

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from msgspec.structs import replace
from pydantic import BaseModel
from starlette.requests import Request

from shared.auth import tokens
from shared.edge.call import Answer, Call
from shared.edge.idempotency import (
    MOST_KEPT_BYTES,
    AnsweredBefore,
    AnswerTooLargeToKeep,
    IdempotentRequest,
    InvalidIdempotencyKey,
    KeptAnswer,
    canonical,
    idempotent_request,
    kept,
)
from shared.kernel.errors import Forbidden, NotFound
from shared.quotas.rates import STANDARD
from shared.runtime.postgres import leases

pytestmark = pytest.mark.anyio


@pytest.fixture
def keyed(call, org):
    """Send a request of the owner under an idempotency key."""

    async def send(function, body, *, key="round", as_=None, **kw):
        sent = {"json": body} if isinstance(body, dict) else {"content": body}
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return await call(function, as_=as_ or org.owner, headers=headers, **sent, **kw)

    return send


async def test_the_same_request_gets_the_first_answer_however_its_json_is_written(keyed):
    first = await keyed("agent-api-key-create", {"name": "Till", "scopes": ["read"]})
    again = await keyed("agent-api-key-create", b'{ "scopes" : ["read"],\n "name":"\\u0054ill" }')
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert first.headers["X-Request-Id"] != again.headers["X-Request-Id"]


async def test_a_default_that_is_written_out_is_the_same_request(keyed):
    first = await keyed("agent-api-key-create", {"name": "Till"})
    again = await keyed("agent-api-key-create", {"name": "Till", "scopes": ["read"], "expires_at": None})
    assert (first.status_code, again.content) == (201, first.content)


async def test_422_for_another_request_under_the_same_key(keyed):
    await keyed("agent-api-key-create", {"name": "Till"})
    refused = await keyed("agent-api-key-create", {"name": "Door"})
    assert (refused.status_code, refused.json()["error"]) == (422, "idempotency_key_reused")


async def test_a_refusal_that_would_come_again_is_kept(keyed):
    unknown = {"id": str(uuid.uuid4())}
    first = await keyed("agent-api-key-revoke", unknown)
    again = await keyed("agent-api-key-revoke", unknown)
    assert (first.status_code, again.status_code) == (404, 404)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_refusal_that_may_pass_is_not_kept(keyed, tenants):
    org = tenants.org("free")
    body = {"name": "Till", "scopes": ["write"]}
    refused = await keyed("agent-api-key-create", body, as_=org.owner)
    with tenants.database() as database:
        database.execute("UPDATE organizations SET plan_code = 'starter' WHERE id = %s", [org.id])
    made = await keyed("agent-api-key-create", body, as_=org.owner)
    assert (refused.status_code, made.status_code) == (403, 201)


async def test_a_body_that_does_not_parse_uses_no_key_up(keyed):
    refused = await keyed("agent-api-key-create", {"name": ""})
    made = await keyed("agent-api-key-create", {"name": "Till"})
    assert (refused.status_code, made.status_code) == (422, 201)


async def test_the_same_key_of_another_caller_or_function_is_another(keyed, org, other_org):
    made = [
        await keyed("agent-api-key-create", {"name": "Till"}, as_=caller)
        for caller in (org.owner, org.person("admin"), other_org.owner)
    ]
    assert len({answer.json()["id"] for answer in made}) == 3
    rotated = await keyed("agent-api-key-rotate", {"id": made[0].json()["id"]})
    assert rotated.status_code == 201


async def test_a_key_serves_again_after_a_day(keyed, org, tenants):
    first = await keyed("agent-api-key-create", {"name": "Till"})
    with tenants.database() as database:
        database.execute(
            "UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second' WHERE organization_id = %s",
            [org.id],
        )
    second = await keyed("agent-api-key-create", {"name": "Door"})
    again = await keyed("agent-api-key-create", {"name": "Door"})
    assert first.json()["id"] != second.json()["id"]
    assert second.content == again.content


async def test_an_effect_that_is_undone_keeps_no_answer(keyed, tenants, org):
    made = await keyed("agent-api-key-create", {"name": "Till"}, key="first")
    key_id = made.json()["id"]
    await keyed("agent-api-key-rotate", {"id": key_id}, key="second")
    refused = await keyed("agent-api-key-rotate", {"id": key_id}, key="third")
    assert (refused.status_code, refused.json()["error"]) == (409, "key_not_active")
    with tenants.database() as database:
        (keys,) = database.execute(
            "SELECT count(*) FROM agent_api_keys WHERE organization_id = %s", [org.id]
        ).fetchone()
    assert keys == 2


@pytest.mark.parametrize("later", [NotFound, Forbidden])
async def test_work_that_never_asks_the_database_gets_the_first_answer_too(base_url, org, later):
    async def perform(refusal) -> Answer:
        async def work(_tx):
            raise refusal

        call = Call(Request({"type": "http"}), {}, "request-1", tokens.verify(org.owner.token), STANDARD)
        try:
            return await call.perform(
                work, scope="write", read_only=False, idempotent=IdempotentRequest("test", "round", b"{}")
            )
        finally:
            await leases.close()

    first = await perform(NotFound)
    again = await perform(later)
    assert (first.status, first.replayed, again) == (404, False, replace(first, replayed=True))


LARGE = "x" * MOST_KEPT_BYTES


@pytest.fixture
async def performed(base_url, org):
    """Work of the owner's under one key; connections end with the test."""

    async def perform(work, *, after=None) -> Answer:
        call = Call(Request({"type": "http"}), {}, "request-1", tokens.verify(org.owner.token), STANDARD)

        async def worked(tx):
            if after is not None:
                call.after_commit(after)
            return await work(tx)

        return await call.perform(
            worked, scope="write", read_only=False, idempotent=IdempotentRequest("test", "round", b"{}")
        )

    yield perform
    await leases.close()


async def make_label(tx):
    await tx.run("INSERT INTO labels (name) VALUES ('large')")


async def test_work_whose_answer_is_too_large_to_keep_is_undone_and_uses_no_key_up(performed, org, tenants):
    async def large(tx):
        await make_label(tx)
        return LARGE

    async def small(tx):
        await make_label(tx)
        return "small"

    for _ in range(2):
        with pytest.raises(AnswerTooLargeToKeep):
            await performed(large)
    made = await performed(small)
    assert (await performed(small), made.replayed) == (replace(made, replayed=True), False)
    with tenants.database() as database:
        (labels,) = database.execute("SELECT count(*) FROM labels WHERE organization_id = %s", [org.id]).fetchone()
    assert labels == 1


async def test_an_answer_too_large_to_keep_leaves_the_earlier_one(performed):
    async def small(tx):
        await make_label(tx)
        return "queued"

    async def grown():
        return LARGE

    first, again = await performed(small, after=grown), await performed(small, after=grown)
    assert (len(first.body), again.body, again.replayed) == (MOST_KEPT_BYTES + 2, b'"queued"', True)


async def test_the_answer_of_a_step_after_the_commit_is_kept_in_place_of_the_first(performed):
    async def queued(_tx):
        return "queued"

    async def sent():
        return "sent"

    first, again = await performed(queued, after=sent), await performed(queued, after=sent)
    assert (first.body, first.replayed, again) == (b'"sent"', False, replace(first, replayed=True))


@pytest.mark.parametrize("idempotent", [None, IdempotentRequest("test", "refused", b"{}")])
async def test_the_first_answer_stands_where_the_step_after_it_refuses(base_url, org, idempotent):
    call = Call(Request({"type": "http"}), {}, "request-1", tokens.verify(org.owner.token), STANDARD)

    async def refuse():
        raise Forbidden

    async def queued(_tx):
        call.after_commit(refuse)
        return "queued"

    try:
        answer = await call.perform(queued, scope="write", read_only=False, status=202, idempotent=idempotent)
    finally:
        await leases.close()
    assert (answer, call.log) == (Answer(202, b'"queued"'), {"after_commit": "forbidden"})


async def test_an_answer_is_kept_sealed_for_its_key_alone(performed, org, tenants):
    async def work(_tx):
        return "a secret answer"

    await performed(work)
    with tenants.database() as database:
        (stored,) = database.execute(
            "SELECT response FROM idempotency_keys WHERE organization_id = %s", [org.id]
        ).fetchone()
    encoded = base64.b64encode(stored).decode()
    kept_answer = AnsweredBefore("", status=200, response=encoded)
    assert b"secret" not in stored
    assert kept(kept_answer, IdempotentRequest("test", "round", b"{}")) == KeptAnswer(200, b'"a secret answer"')
    for other in (IdempotentRequest("test", "another", b"{}"), IdempotentRequest("another", "round", b"{}")):
        with pytest.raises(InvalidTag):
            kept(kept_answer, other)


def test_any_other_refusal_tells_of_no_kept_answer(base_url):
    assert kept(Forbidden(), IdempotentRequest("test", "round", b"{}")) is None


class Named(BaseModel):
    name: str = "none"
    note: str | None = None
    idempotency_key: str | None = None


class Cleared(Named):
    absence_counts: ClassVar[bool] = True


def test_a_request_is_the_same_with_its_defaults_and_under_any_key():
    assert canonical(Named()) == canonical(Named(name="none", idempotency_key="k")) == b'[{"name":"none","note":null}]'
    assert canonical(Named(name="a")) != canonical(Named())
    assert canonical() == b"[]"


class Tagged(BaseModel):
    tags: dict[str, int]


def test_the_order_of_names_makes_no_other_request():
    one, other = Tagged(tags={"a": 1, "b": 2}), Tagged(tags={"b": 2, "a": 1})
    assert canonical(one) == canonical(other) != canonical(Tagged(tags={"a": 2, "b": 1}))


def test_null_is_another_request_where_it_clears_what_absence_keeps():
    assert canonical(Cleared(note=None)) == b'[{"note":null}]'
    assert canonical(Cleared()) == b"[{}]"


@pytest.mark.parametrize("key", ["a", " ", "~" * 255])
def test_a_key_is_printable_and_at_most_255_characters(key):
    assert idempotent_request("test", key, b"{}") == IdempotentRequest("test", key, b"{}")
    for wrong in ("", "a" * 256, "a\n", "\x7f", "é"):
        with pytest.raises(InvalidIdempotencyKey):
            idempotent_request("test", wrong, b"{}")


def test_the_table_takes_every_answer_that_may_be_kept_and_none_much_larger(org, tenants):
    keep = """
        INSERT INTO idempotency_keys (organization_id, principal_id, operation, key, request_hash, status, response)
        VALUES (%s, gen_random_uuid(), 'test', 'round', '', 200, %s)
    """
    sealing = 12 + 16
    with tenants.database() as database:
        database.execute(keep, [org.id, b"x" * (MOST_KEPT_BYTES + sealing)])
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute(keep, [org.id, b"x" * 100_001])


@pytest.mark.parametrize("key", ["", "é", "x" * 256, "a\tb"])
async def test_422_for_an_invalid_key(keyed, key):
    refused = await keyed("agent-api-key-create", {"name": "Till"}, key=key.encode())
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_idempotency_key")
