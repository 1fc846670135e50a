"""Refusals as the body that every caller gets."""

import pytest

from shared.kernel.errors import Conflict, NotFound, PlanLimitExceeded, Refusal, Unavailable


def test_the_body_has_code_message_the_codes_own_fields_and_the_request():
    refused = PlanLimitExceeded("no more", resource="contacts", limit=50)
    assert refused.body("req-1") == {
        "error": "plan_limit_exceeded",
        "message": "no more",
        "resource": "contacts",
        "limit": 50,
        "request_id": "req-1",
    }


@pytest.mark.parametrize("kind", [Refusal, Conflict, Unavailable])
def test_a_refusal_without_words_has_those_of_its_kind(kind):
    assert kind().message == kind.default_message


def test_a_refusal_of_the_database_keeps_its_own_code_and_status():
    refused = Refusal.from_database(409, "taken", {"error": "contact_exists", "contact_id": "7"})
    assert (refused.status, refused.code, refused.message) == (409, "contact_exists", "taken")
    assert refused.details == {"contact_id": "7"}
    assert (Refusal.status, Refusal.code) == (500, "internal_error")


def test_a_refusal_of_the_database_is_of_the_class_that_declares_its_code():
    refused = Refusal.from_database(404, "none", {"error": "not_found", "table": "orders"})
    assert (type(refused), refused.message, refused.details) == (NotFound, "none", {"table": "orders"})
    assert Refusal.by_code("not_found", 410) is not NotFound


def test_a_code_that_no_room_declares_has_one_class():
    first, second = (Refusal.from_database(409, "no", {"error": "nobodys_code"}) for _ in range(2))
    assert type(first) is type(second)
    assert (first.code, first.status) == ("nobodys_code", 409)
    assert Refusal.from_database(418, "no", {}).code == "internal_error"
    assert (Conflict.with_status(418, "no").status, Conflict.status) == (418, 409)
