"""A migrated database of these tests' own, as its owner and as the functions' login see it."""

import dataclasses
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import conninfo

from infra import migrate
from infra.local.servers.services import Services
from tests.schema.matrix import World
from tests.schema.tables import Database
from tests.schema.world import build_world


@pytest.fixture(scope="session")
def own_database(services: Services, base_url: str) -> Services:
    """Return a migrated database whose schema these tests may break; `base_url` brings the signing key."""
    with psycopg.connect(services.admin_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE schema_tests")
    admin_url = conninfo.make_conninfo(services.admin_url, dbname="schema_tests")
    migrate.migrate(admin_url)
    database_url = conninfo.make_conninfo(services.database_url, dbname="schema_tests")
    return dataclasses.replace(services, admin_url=admin_url, database_url=database_url)


@pytest.fixture(scope="session")
def owner_database(own_database: Services) -> Iterator[Database]:
    """Yield the schema's owner."""
    with psycopg.connect(own_database.admin_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def altered(owner_database: Database) -> Iterator[Database]:
    """Yield the schema's owner in a transaction of which nothing stays, so that a test may break the schema."""
    with owner_database.transaction(force_rollback=True):
        yield owner_database


@pytest.fixture(scope="session")
def login(own_database: Services) -> Iterator[Database]:
    """Yield the login that functions have: it owns nothing and may bypass nothing."""
    with psycopg.connect(own_database.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def world(own_database: Services, owner_database: Database) -> World:
    return build_world(own_database, owner_database)
