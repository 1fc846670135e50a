"""The SQL that peers share is written once, for two drivers."""

import pytest

from bench.peers import queries

STATEMENTS = [text for name, text in vars(queries).items() if name.isupper()]


def test_psycopg_gets_its_own_parameters_and_percent_signs():
    assert queries.pyformat("SELECT :a::text, '%' || :b_c") == "SELECT %(a)s::text, '%%' || %(b_c)s"


def test_sqlalchemy_gets_casts_that_are_not_read_as_parameters():
    assert queries.colon("SELECT :a::text, b::integer") == "SELECT CAST(:a AS text), b::integer"


@pytest.mark.parametrize("sql", STATEMENTS)
def test_every_statement_of_a_tenant_names_its_organization(sql):
    assert "bench_webhooks" in sql or ":organization_id" in sql or ":order_id" in sql or ":position" in sql
