"""Names of buckets, objects, types and sizes; where a prefix ends."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.storage.errors import (
    EntityTooLarge,
    InvalidBucketName,
    InvalidMimeType,
    InvalidObjectKey,
    StorageRefusal,
)
from shared.platform.storage.lists import _after_all_of
from shared.platform.storage.names import (
    check_mime_type,
    checked_bucket,
    checked_mime_types,
    checked_name,
    printable,
    size_limit,
)


@pytest.mark.parametrize("name", ["a", "a/b.png", "صورة 🙂.jpg", "..a/b..", "a//b", "/a", "a?b#c%d\\e", "x" * 1024])
def test_a_name_may_be_any_text(name):
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a",
        "a/../b",
        "a/.",
        "a\0b",
        "a\x1fb",
        "a\tb",
        "a\nb",
        "a\x7fb",
        "a\x85b",
        "a\u2028b",
        "a\u202eb",
        "a\u2066b",
        "\ud800",
        "\uffff",
        "x" * 1025,
        "ص" * 513,
    ],
)
def test_a_name_neither_leaves_its_bucket_nor_controls_anything(name):
    with pytest.raises(InvalidObjectKey):
        checked_name(name)


@given(st.text(max_size=30))
def test_a_name_that_is_taken_stays_below_its_bucket(name):
    try:
        checked_name(name)
    except InvalidObjectKey:
        return
    assert posixpath.normpath(f"/bucket/{name}").startswith("/bucket")


@pytest.mark.parametrize("name", ["labels", "a b", "a!b$c", "x" * 100])
def test_a_bucket_has_a_plain_name(name):
    assert checked_bucket(name) == name


@pytest.mark.parametrize("name", ["", "a/b", "صور", "a\nb", "x" * 101, "a\n"])
def test_a_bucket_has_no_other_name(name):
    with pytest.raises(InvalidBucketName):
        checked_bucket(name)


@pytest.mark.parametrize(
    ("allowed", "taken", "refused"),
    [
        (["image/png"], ["image/png", "IMAGE/PNG; q=1"], ["image/jpeg", "image", "png"]),
        (["image/*"], ["image/png", "image/svg+xml"], ["imagepng/x", "video/mp4"]),
        (["*/*"], ["x/y"], []),
        ([], ["x/y", "nonsense"], []),
        (None, ["x/y", ""], []),
    ],
)
def test_a_bucket_takes_the_types_that_it_says(allowed, taken, refused):
    for each in taken:
        check_mime_type(each, allowed)
    for each in refused:
        with pytest.raises(InvalidMimeType):
            check_mime_type(each, allowed)


def test_types_of_a_bucket_have_the_form_of_types():
    assert checked_mime_types(["image/*", "application/vnd.ms-excel"]) == ["image/*", "application/vnd.ms-excel"]
    assert checked_mime_types(None) is None
    for bad in ("pictures", "a/b/c", "a/", "a /b"):
        with pytest.raises(InvalidMimeType):
            checked_mime_types([bad])


@pytest.mark.parametrize(
    ("given", "size"), [("20MB", 20_000_000), ("1.5kb", 1500), ("3B", 3), (7, 7), (0, 0), (None, None)]
)
def test_a_size_is_bytes_or_a_text(given, size, base_url):
    assert size_limit(given) == size


def test_a_size_is_no_more_than_this_installation_takes(base_url):
    for large in ("20GB", 52_428_801):
        with pytest.raises(EntityTooLarge):
            size_limit(large)
    for bad in ("", "20", "MB", "20 MB", "-1B", "1e3B"):
        with pytest.raises(StorageRefusal):
            size_limit(bad)


def test_names_in_errors_are_printable_and_short():
    assert printable("a\0b\ud800" + "x" * 500) == "a�b�" + "x" * 196


TEXT = st.text(st.characters(codec="utf-8"), max_size=6)


@given(TEXT, TEXT | st.just("\U0010ffff"))
def test_the_end_of_a_prefix_sorts_after_exactly_its_names(prefix, rest):
    end = _after_all_of(prefix)
    assert end is None or (prefix + rest).encode() < end.encode()
    if end is not None and prefix.encode() <= rest.encode() < end.encode():
        # A last character that nothing follows is passed over, which lets a few more names in than begin with it.
        assert rest.startswith(prefix.rstrip("\U0010ffff"))


@given(TEXT)
def test_a_prefix_ends_where_no_name_has_been_left_out(prefix):
    end = _after_all_of(prefix + "\ud7ff")
    assert end is not None
    assert end.endswith("\ue000")
