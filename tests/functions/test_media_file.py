"""GET /functions/v1/media-file."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support import ranges

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 500

PDF = b"%PDF-1.7 " + b"x" * 500


@pytest.fixture
def ten(upload, org, http):
    """`await ten(method, headers)`: what a link to a file of ten bytes answers."""

    async def ask(method="GET", headers=None, content=ranges.TEN):
        url = urlsplit((await upload(content, as_=org.owner, kind="document")).json()["url"])
        return await http.request(method, url.path, params=dict(parse_qsl(url.query)), headers=headers)

    return ask


async def test_200_shows_a_pdf_inline_in_a_sandbox(upload, read_link, org):
    answer = await upload(PDF, as_=org.owner, kind="document", mime_type="application/pdf", file_name="menu.pdf")
    got = await read_link(answer.json()["url"])
    assert got.headers["content-disposition"].startswith("inline;")
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_200_never_shows_inline_what_a_browser_would_run(upload, read_link, org):
    for mime_type in ("text/html", "text/xsl", "image/svg+xml", "application/xml", "text/javascript", "image/png"):
        content = f"<script>{mime_type}</script>".encode()
        answer = await upload(content, as_=org.owner, kind="document", mime_type=mime_type, file_name="a.png")
        got = await read_link(answer.json()["url"])
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"].startswith("attachment;")
        assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_200_returns_a_document_as_a_download_under_its_name(upload, read_link, org):
    answer = await upload(b"a,b", as_=org.owner, kind="document", mime_type="text/csv", file_name="فاتورة.csv")
    got = await read_link(answer.json()["url"])
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%D9%81" in got.headers["content-disposition"]


@pytest.mark.parametrize("case", ranges.CASES, ids=ranges.named)
async def test_206_returns_a_range_as_every_surface_does(ten, case):
    answer = await ten(headers={"Range": case.asked})
    ranges.check(answer, case)
    if case.status == 416:
        assert (answer.json()["error"], answer.json()["size_bytes"]) == ("range_not_satisfiable", 10)


async def test_200_ignores_a_range_on_head(ten):
    head, got = await ten("HEAD", {"Range": "bytes=0-1"}), await ten()
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")
    for name in ("content-type", "etag", "last-modified", "cache-control", "accept-ranges", "content-disposition"):
        assert head.headers[name] == got.headers[name]


async def test_206_only_if_the_file_is_the_one_of_if_range(ten):
    known = (await ten()).headers
    for condition, status in (
        (known["etag"], 206),
        (known["last-modified"], 206),
        (f"W/{known['etag']}", 200),
        ('"another"', 200),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 200),
    ):
        answer = await ten(headers={"Range": "bytes=0-1", "If-Range": condition})
        assert (condition, answer.status_code) == (condition, status)


@pytest.mark.parametrize("name", ["key", "type", "name", "inline", "expires", "signature"])
async def test_404_for_a_link_that_was_changed(name, upload, read_link, org):
    url = (await upload(PNG, as_=org.owner)).json()["url"]
    said = dict(parse_qsl(urlsplit(url).query))
    answer = await read_link(url, **{name: said[name] + "0"})
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_404_for_a_link_without_parameters(http):
    assert (await http.get("/functions/v1/media-file")).status_code == 404


async def test_405_for_another_method(http):
    answer = await http.post("/functions/v1/media-file")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
