"""Countries are those of ISO 3166-1."""

import importlib.resources

import pytest

from shared.kernel.countries import COUNTRIES, UnknownCountry, check_country


def test_countries_are_those_of_the_time_zone_database():
    table = importlib.resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    assert {line.split("\t")[0] for line in table.splitlines() if not line.startswith("#")} == COUNTRIES


def test_the_database_knows_the_same_countries(every_code, tenants):
    with tenants.database() as db:
        known = db.execute("SELECT code FROM unnest(%s::text[]) AS code WHERE app.is_country(code)", (every_code(2),))
        assert {code for (code,) in known} == COUNTRIES


@pytest.mark.parametrize("code", ["XX", "UK", "eg", "EGY", ""])
def test_an_unknown_country_is_refused(code):
    with pytest.raises(UnknownCountry):
        check_country(code)
