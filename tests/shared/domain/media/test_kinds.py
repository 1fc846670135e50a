"""A file is what its first bytes say, whatever anybody calls it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.media.kinds import mime_type_of
from shared.domain.media.models import MediaKind
from shared.domain.media.service import file_name
from shared.kernel.content_types import UNKNOWN

FILES = {
    "image/jpeg": (MediaKind.IMAGE, b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    "image/png": (MediaKind.IMAGE, b"\x89PNG\r\n\x1a\n"),
    "image/gif": (MediaKind.IMAGE, b"GIF89a"),
    "image/webp": (MediaKind.STICKER, b"RIFF\x00\x00\x00\x00WEBPVP8 "),
    "video/mp4": (MediaKind.VIDEO, b"\x00\x00\x00\x18ftypisom"),
    "video/3gpp": (MediaKind.VIDEO, b"\x00\x00\x00\x18ftyp3gp4"),
    "video/quicktime": (MediaKind.VIDEO, b"\x00\x00\x00\x14ftypqt  "),
    "video/webm": (MediaKind.VIDEO, b"\x1a\x45\xdf\xa3"),
    "audio/ogg": (MediaKind.AUDIO, b"OggS\x00\x02"),
    "audio/amr": (MediaKind.AUDIO, b"#!AMR\n"),
    "audio/mpeg": (MediaKind.AUDIO, b"ID3\x03"),
    "audio/aac": (MediaKind.AUDIO, b"\xff\xf1\x50\x80"),
    "audio/wav": (MediaKind.AUDIO, b"RIFF\x00\x00\x00\x00WAVEfmt "),
    "audio/mp4": (MediaKind.AUDIO, b"\x00\x00\x00\x18ftypM4A "),
    "application/pdf": (MediaKind.DOCUMENT, b"%PDF-1.7"),
}


@pytest.mark.parametrize("mime_type", FILES)
def test_the_bytes_decide(mime_type):
    kind, head = FILES[mime_type]
    for declared in (mime_type, "text/html", "image/svg+xml", None, ""):
        assert mime_type_of(head, kind, declared) == mime_type


def test_a_voice_note_in_a_films_container_is_sound():
    assert mime_type_of(b"\x00\x00\x00\x18ftypisom", MediaKind.AUDIO, "video/mp4") == "audio/mp4"


@pytest.mark.parametrize(
    ("head", "kind", "declared"),
    [
        (b"%PDF-1.7", MediaKind.IMAGE, "image/jpeg"),
        (b"<svg onload=", MediaKind.IMAGE, "image/svg+xml"),
        (b"<html>", MediaKind.DOCUMENT, "text/html"),
        (b"MZ\x90\x00", MediaKind.DOCUMENT, "application/pdf"),
        (b"plain\0text", MediaKind.DOCUMENT, "text/plain"),
        (b"PK\x03\x04", MediaKind.DOCUMENT, "application/x-msdownload"),
        (b"", MediaKind.VIDEO, "video/mp4"),
    ],
)
def test_an_unknown_file_type_is_kept_as_plain_bytes(head, kind, declared):
    assert mime_type_of(head, kind, declared) == UNKNOWN


def test_a_container_is_what_its_sender_says_among_what_it_may_be():
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert mime_type_of(b"PK\x03\x04", MediaKind.DOCUMENT, word) == word
    assert (
        mime_type_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", MediaKind.DOCUMENT, "application/msword")
        == "application/msword"
    )
    assert mime_type_of("قائمة".encode(), MediaKind.DOCUMENT, "Text/Plain; charset=utf-8") == "text/plain"


@given(st.binary(max_size=600), st.sampled_from(MediaKind), st.text(max_size=40))
def test_no_bytes_under_any_name_are_shown_as_something_that_runs(head, kind, declared):
    found = mime_type_of(head, kind, declared)
    assert found not in {"text/html", "image/svg+xml", "application/javascript", "text/xml", "application/xhtml+xml"}


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\بيان.pdf", "بيان.pdf"),
        ("a\x00b\u202egpj.exe", "abgpj.exe"),
        ("...", None),
        ("", None),
        (None, None),
        ("x" * 300 + ".pdf", "x" * 236 + ".pdf"),
    ],
)
def test_a_name_loses_its_path_and_what_hides_in_it(given_name, kept):
    assert file_name(given_name) == kept
