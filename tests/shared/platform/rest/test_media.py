"""What an answer is written in."""

import pytest

from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.media import Media, MediaType, Plan, PlanFormat, negotiate, negotiate_description
from tests.support.supports import supports

JSON = Media(MediaType.JSON)


@supports("Formats", "`Accept` with qualities and parameters; what is not available is 406")
@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", JSON),
        ("", JSON),
        ("application/json", JSON),
        ("application/json; charset=utf-8", JSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("text/csv", Media(MediaType.CSV)),
        ("application/json;q=0.5, text/csv", Media(MediaType.CSV)),
        ("*/*, text/csv", Media(MediaType.CSV)),
        ("application/vnd.pgrst.object+json", Media(MediaType.SINGULAR)),
        ("application/vnd.pgrst.object", Media(MediaType.SINGULAR)),
        ("application/vnd.pgrst.object+json;nulls=stripped", Media(MediaType.SINGULAR, stripped=True)),
        ("application/vnd.pgrst.array+json", JSON),
        ("application/vnd.pgrst.array+json; nulls=stripped", Media(MediaType.ARRAY, stripped=True)),
    ],
)
def test_the_best_acceptable_type_is_taken(accept, media):
    assert negotiate(accept, plan=False) == media


def test_a_plan_is_for_a_type_and_has_options():
    asked = 'application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose|sleep'
    plan = Plan(PlanFormat.JSON, frozenset({"analyze", "verbose"}))
    assert negotiate(asked, plan=True) == Media(MediaType.CSV, plan=plan)
    assert negotiate("application/vnd.pgrst.plan; options=", plan=True) == Media(MediaType.JSON, plan=Plan())
    nested = 'application/vnd.pgrst.plan; for="application/vnd.pgrst.object+json;nulls=stripped"'
    assert negotiate(nested, plan=True) == Media(MediaType.SINGULAR, stripped=True, plan=Plan())


@pytest.mark.parametrize(
    ("accept", "told"),
    [
        ("application/vnd.pgrst.plan+json", "application/vnd.pgrst.plan+json"),
        ("text/html, image/png;q=0.1", "text/html, image/png"),
        ("application/geo+json", "application/geo+json"),
        ("application/*", "application/*"),
    ],
)
def test_an_unavailable_type_is_refused_by_name(accept, told):
    with pytest.raises(RestRefusal) as refused:
        negotiate(accept, plan=False)
    assert (refused.value.status, refused.value.code) == (406, "PGRST107")
    assert refused.value.message == f"None of these media types are available: {told}"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/openapi+json", "text/html, */*;q=0.1"])
def test_the_description_has_a_type_of_its_own(accept):
    assert negotiate_description(accept) == Media(MediaType.OPENAPI)
    with pytest.raises(RestRefusal):
        negotiate_description("text/csv")
