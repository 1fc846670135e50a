"""An address of bytes that are no text is refused, however it writes them."""

import pytest
from starlette.requests import Request

from shared.edge.address import check_address, query_text
from shared.kernel.errors import BadRequest

WRONG = [b"\xff", b"%FF", b"a%C3", b"%c3%28", b"x=%FF&y=1", b"\xc3%A9\xff"]


@pytest.mark.parametrize("text", [b"", b"/a", "/é".encode(), b"/%C3%A9", b"/%D8%B3%D9%84?", b"/100%", b"/%zz"])
def test_text_passes_raw_and_percent_encoded(text):
    check_address({"raw_path": text, "query_string": text})


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("part", ["path", "query"])
def test_400_names_the_part_with_other_bytes(wrong, part):
    scope = {"raw_path": wrong, "query_string": b""} if part == "path" else {"query_string": wrong}
    with pytest.raises(BadRequest) as refused:
        check_address(scope)
    assert refused.value.message.startswith(f"the {part} of the address ")


def test_the_query_is_given_still_encoded():
    assert query_text(Request({"type": "http", "query_string": "a=%C3%A9&b=é".encode()})) == "a=%C3%A9&b=é"
