"""Bodies: JSON, CSV, forms, and what a function takes whole."""

import json

import pytest

from shared.platform.rest import payload
from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.payload import FormPayload, JsonPayload, Payload, RawPayload
from tests.support.supports import supports

JSON = "application/json"


def read(body: bytes | str, kind: str = JSON, named: tuple[str, ...] | None = None, *, rpc: bool = False) -> Payload:
    return payload.read(body.encode() if isinstance(body, str) else body, kind, named=named, is_function=rpc)


@pytest.mark.parametrize(
    ("body", "columns", "is_array"),
    [
        ('{"b":1,"a":[{}]}', ("a", "b"), False),
        (' [{"b":1,"a":2},{"a":null,"b":"x"}] ', ("a", "b"), True),
        ('{"a":1e999}', ("a",), False),
        ("{}", (), False),
        ("[{}]", (), True),
    ],
)
def test_rows_keep_their_text_and_say_their_columns(body, columns, is_array):
    assert read(body) == JsonPayload(body, columns, is_array)


@pytest.mark.parametrize("body", ["[]", "5", '"text"', "null", "[ ]"])
def test_a_body_without_rows_is_an_empty_array(body):
    assert read(body) == JsonPayload("[]", (), is_array=True)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "Empty or invalid json"),
        ("{", "Empty or invalid json"),
        ('{"a": tru}', "Empty or invalid json"),
        ('[{"a":1}]]', "Empty or invalid json"),
        ('[{"a":1},{"b":]', "Empty or invalid json"),
        (b'{"a":"\xff"}', "Empty or invalid json"),
        ("[" * 100_000, "Empty or invalid json"),
        ('[{"a":1},{"b":1}]', "All object keys must match"),
        ('[{"a":1},{"a":1,"b":1}]', "All object keys must match"),
        ('[{"a":1},2]', "All object keys must match"),
        ("[1,2]", "All object keys must match"),
    ],
)
def test_json_of_unlike_rows_is_refused(body, told):
    with pytest.raises(RestRefusal) as refused:
        read(body)
    assert (refused.value.status, refused.value.code, refused.value.message) == (400, "PGRST102", told)


def test_named_columns_let_rows_differ():
    assert read('[{"a":1},{"b":2}]', named=("b", "a", "b")) == JsonPayload('[{"a":1},{"b":2}]', ("a", "b"), True)


@supports("Writing", "rows as CSV, where `NULL` is null")
def test_csv_becomes_rows_of_text():
    told = read('a,"b, c"\r\n1,NULL\r\n"x ""y""\nz",\r\n', "text/csv; charset=utf-8")
    assert isinstance(told, JsonPayload)
    assert json.loads(told.text) == [{"a": "1", "b, c": None}, {"a": 'x "y"\nz', "b, c": ""}]
    assert (told.columns, told.is_array) == (("a", "b, c"), True)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("a,b\n1\n", "All lines must have same number of fields"),
        ("", "The CSV cannot be read; its first line holds the columns"),
        ('a\n"x\n', "The CSV cannot be read; its first line holds the columns"),
    ],
)
def test_csv_that_does_not_fit_is_refused(body, told):
    with pytest.raises(RestRefusal) as refused:
        read(body, "text/csv")
    assert (refused.value.code, refused.value.message) == ("PGRST102", told)


def test_a_form_is_one_row_for_a_table():
    assert read("b=x+y&a=", "application/x-www-form-urlencoded") == JsonPayload(
        '{"b":"x y","a":""}', ("a", "b"), is_array=False
    )


def test_a_function_takes_forms_texts_and_octets():
    assert read("v=1&v=2", "application/x-www-form-urlencoded", rpc=True) == FormPayload((("v", "1"), ("v", "2")))
    assert read("hi", "text/plain", rpc=True) == RawPayload(b"hi", "text/plain")
    assert read(b"\0\xff", "application/octet-stream", rpc=True) == RawPayload(b"\0\xff", "application/octet-stream")
    assert read("", "", rpc=True) == JsonPayload("{}", (), is_array=False)


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "image/png", "application/xml"])
def test_a_table_takes_no_other_type(kind):
    with pytest.raises(RestRefusal, match=f"Content-Type not acceptable: {kind}"):
        read("x", f"{kind}; charset=utf-8")


@pytest.mark.parametrize(
    ("body", "kind"), [('{"a":"\0"}', JSON), ("a\n\0", "text/csv"), ("a=%00", "application/x-www-form-urlencoded")]
)
def test_a_nul_is_refused_as_postgres_would(body, kind):
    with pytest.raises(RestRefusal) as refused:
        read(body, kind)
    assert (refused.value.status, refused.value.code) == (400, "22021")
