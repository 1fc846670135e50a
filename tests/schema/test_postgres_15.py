"""The oldest Postgres we promise: the migrations apply there, and tenants stay apart there as well."""

from pathlib import Path

import psycopg
import pytest

from infra.local.servers.services import embedded_services
from tests.schema.matrix import EXPECTED, faults
from tests.schema.world import build_world

PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def test_the_migrations_apply_and_the_matrix_holds(tmp_path, base_url):
    if not (PROGRAMS / "initdb").exists():
        pytest.skip(f"DID NOT RUN: {PROGRAMS} has no Postgres 15 (Debian: apt-get install postgresql-15)")
    with (
        embedded_services(tmp_path, programs=PROGRAMS) as oldest,
        psycopg.connect(oldest.admin_url, autocommit=True) as owner,
        psycopg.connect(oldest.database_url, autocommit=True) as login,
    ):
        assert owner.info.server_version // 10_000 == 15
        world = build_world(oldest, owner)
        found = [fault for name in EXPECTED for fault in faults(login, world, name)]
    assert not "\n".join(found)
