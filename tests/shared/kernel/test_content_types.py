"""The list of what a browser shows in place, and how a type that somebody gave is read."""

import pytest

from shared.kernel.content_types import SHOWN_INLINE, UNKNOWN, bare_type, is_shown_inline, shown_type


def test_the_list_is_of_pictures_sounds_films_and_pdf_only():
    families = {each.partition("/")[0] for each in SHOWN_INLINE - {"application/pdf"}}
    assert families == {"image", "audio", "video"}
    assert not [each for each in SHOWN_INLINE if "svg" in each or "xml" in each]


@pytest.mark.parametrize(
    "given",
    ["image/png, text/html", "text/html,image/png", "image/png;text/html", "image", "", None, 7, "image/png\nx"],
)
def test_anything_but_one_content_type_is_unknown(given):
    assert (bare_type(given), shown_type(given), is_shown_inline(given)) == (None, UNKNOWN, False)


def test_case_and_parameters_do_not_matter():
    assert is_shown_inline("Image/PNG; q=1")
    assert bare_type("Audio/OGG; codecs=opus") == "audio/ogg"
    assert shown_type("audio/ogg; codecs=opus") == "audio/ogg; codecs=opus"


@pytest.mark.parametrize("page", ["text/html", "TEXT/HTML; charset=utf-8", "application/xhtml+xml"])
def test_a_page_is_shown_as_text(page):
    assert shown_type(page) == "text/plain"
    assert not is_shown_inline(page)
