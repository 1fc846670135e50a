"""Refusals: bodies, statuses, and what becomes of the database's own."""

import json

import pytest

from shared.platform.rest import errors
from shared.platform.rest.errors import DatabaseFault, RestRefusal, of_database
from tests.support.supports import supports


def refused(sqlstate: str, message: str = "no", *, anonymous: bool = False, detail: str | None = None) -> RestRefusal:
    return of_database(DatabaseFault(sqlstate, message, detail, "try"), anonymous=anonymous)


def test_a_body_has_four_members():
    told = errors.bad_query("what", "why").body()
    assert told == {"code": "PGRST100", "message": "what", "details": "why", "hint": None}


@supports("Refusals", "errors of the database with the status of their SQLSTATE")
@pytest.mark.parametrize(
    ("sqlstate", "status"),
    [
        ("08006", 503),
        ("09000", 500),
        ("0L000", 403),
        ("0P000", 403),
        ("21000", 500),
        ("22P02", 400),
        ("23502", 400),
        ("23503", 409),
        ("23505", 409),
        ("25006", 405),
        ("25001", 500),
        ("28000", 403),
        ("2D000", 500),
        ("38000", 500),
        ("40001", 500),
        ("42501", 403),
        ("42601", 400),
        ("42883", 404),
        ("42P01", 404),
        ("42P17", 500),
        ("53300", 503),
        ("53400", 500),
        ("54001", 500),
        ("57014", 500),
        ("57P01", 503),
        ("P0001", 400),
        ("P0002", 500),
        ("PT418", 418),
        ("PT999", 500),
        ("PTabc", 500),
        ("XX000", 500),
    ],
)
def test_an_sqlstate_has_its_status(sqlstate, status):
    refusal = refused(sqlstate)
    assert (refusal.status, refusal.code, refusal.message, refusal.hint) == (status, sqlstate, "no", "try")


def test_a_forbidden_action_is_401_for_anonymous_callers():
    refusal = refused("42501", anonymous=True)
    assert (refusal.status, refusal.headers) == (401, {"WWW-Authenticate": "Bearer"})


def test_some_messages_have_a_status_of_their_own():
    assert refused("21000", "UPDATE requires a WHERE clause").status == 400
    assert refused("22023", 'role "ghost" does not exist').status == 401
    assert refused("22023", "cannot call that on a scalar").status == 400


@supports(
    "Refusals", "`RAISE SQLSTATE 'PTnnn'` and `RAISE SQLSTATE 'PGRST'`, which say the status and the whole answer"
)
def test_a_function_may_say_the_whole_answer():
    message = json.dumps({"code": "123", "message": "teapot", "details": "short", "hint": "stout"})
    refusal = refused("PGRST", message, detail=json.dumps({"status": 418, "headers": {"X-Pot": "tea"}}))
    assert refusal.body() == {"code": "123", "message": "teapot", "details": "short", "hint": "stout"}
    assert (refusal.status, refusal.headers) == (418, {"X-Pot": "tea"})


@pytest.mark.parametrize(
    ("message", "detail", "details"),
    [
        ("x", "{}", "Invalid JSON value for MESSAGE: 'x'"),
        ('{"message":"m"}', "{}", 'Invalid JSON value for MESSAGE: \'{"message":"m"}\''),
        ('{"code":"c","message":"m"}', None, "DETAIL is missing in the RAISE statement"),
        ('{"code":"c","message":"m"}', "{}", "Invalid JSON value for DETAIL: '{}'"),
        *(
            ('{"code":"c","message":"m"}', told, f"Invalid JSON value for DETAIL: '{told}'")
            for told in (
                '{"status":99999,"headers":{}}',
                '{"status":-5,"headers":{}}',
                '{"status":400,"headers":{"A B":"c"}}',
                '{"status":400,"headers":{"A":"b\\r\\nC: d"}}',
            )
        ),
    ],
)
def test_an_answer_that_does_not_parse_is_our_fault(message, detail, details):
    refusal = refused("PGRST", message, detail=detail)
    assert (refusal.status, refusal.code, refusal.details) == (500, "PGRST121", details)
