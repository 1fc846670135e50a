"""Refusals as the body that every caller gets."""

import pytest

from shared.kernel.errors import Conflict, PlanLimitExceeded, Refusal, Unavailable


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
