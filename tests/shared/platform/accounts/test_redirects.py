"""Where links may lead: nothing that is not the site's or listed ever gets a session."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.accounts import redirects

SITE = "https://nexus.example"
LISTED = frozenset(
    {"https://*.shop.example/**", "https://exact.example/in", "http://localhost:3000/*", "nexus-app://signed-in"}
)


class Chosen:
    site_url = SITE
    base_url = "http://127.0.0.1:54321"
    redirect_urls = LISTED


@pytest.fixture(autouse=True, scope="module")
def chosen():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redirects, "settings", Chosen)
        yield


@pytest.mark.parametrize(
    "url",
    [
        SITE,
        f"{SITE}/",
        f"{SITE}/a?b=c#d",
        "https://nexus.example:/x",
        "https://a.shop.example/",
        "https://a-b.shop.example/deep/er?x=1.2/3",
        "https://exact.example/in",
        "HTTPS://NEXUS.EXAMPLE/in",
        "https://exact.example/in#top",
        "http://localhost:3000/signed-in",
        "nexus-app://signed-in",
    ],
)
def test_places_that_a_link_may_lead_to(url):
    assert redirects.allowed(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "relative",
        "?next=/a",
        "#in",
        "//nexus.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\evil.example",
        "\\\\evil.example",
        "/%5Cevil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "https:/nexus.example/",
        "https://user@nexus.example/",
        "https://user:word@nexus.example/",
        "https://@nexus.example/",
        "https://evil.example@a.shop.example/",
        "https://nexus.example:443/",
        "https://nexus.example:0/",
        "https://n\u0435xus.example/",
        "https://nexus\u3002example/",
        "https://xn--nxus-qdd.example/",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "vbscript:x",
        "file:///etc/passwd",
        "nexus-app://signed-in@evil.example",
        "http://nexus.example/",
        "https://nexus.example:8443/",
        "https://nexus.example.evil.example/",
        "https://nexus.example@evil.example/",
        "https://evil.example/?https://nexus.example",
        "https://a.b.shop.example/",
        "https://shop.example/",
        "https://evil.example/.shop.example/",
        "https://evil.example#.shop.example/",
        "https://exact.example/in/more",
        "https://exact.example/in?x=1",
        "http://localhost:3000/a/b",
        "http://localhost:3001/a",
        "http://10.0.0.1/",
        "javascript:alert(1)",
        "javascript://nexus.example/%0aalert(1)",
        "data:text/html,x",
        "https://nexus.example\\@evil.example/",
        "https://nexus.example/\r\nSet-Cookie: x=1",
        "https://[::1",
        "https://nexus.example:port/",
    ],
)
def test_places_that_lead_to_the_site_instead(url):
    assert redirects.allowed(url, None) == SITE


def test_the_first_place_that_is_allowed_wins():
    assert (
        redirects.allowed(None, "https://evil.example/", "https://exact.example/in", SITE) == "https://exact.example/in"
    )


@given(st.text(max_size=60).map(lambda text: f"https://{text}"))
def test_no_text_leads_anywhere_else(text):
    host = urlsplit(redirects.allowed(text)).hostname or ""
    assert host in {"nexus.example", "exact.example"} or host.endswith(".shop.example")


@given(st.dictionaries(st.sampled_from(["code", "error", "message"]), st.text(max_size=30), min_size=1))
def test_fields_are_added_beside_what_an_address_has(fields):
    url = redirects.with_fragment(redirects.with_query(f"{SITE}/in?a=b", **fields), **fields)
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "nexus.example", "/in")
    assert parts.query.startswith("a=b&")
    assert parts.query.removeprefix("a=b&") == parts.fragment
