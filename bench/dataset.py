"""The data of all servers: made once in an embedded Postgres of normal durability, copied for each run."""

import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import bcrypt
import psycopg

from bench import queries
from infra.local.secrets import database_url
from infra.local.servers.services import Parts, Services, embedded_services, exclusive, prepare
from infra.local.settings import REPOSITORY, LocalSettings
from infra.migrate import DIRECTORY

BUILD = REPOSITORY / "build" / "bench"
EMPTY, LOADING, PRISTINE, SMALL, RUN = "nexus", "bench_loading", "bench_pristine", "bench_small", "bench_run"
"""The schema alone; the database while it is loaded, and its name afterwards, when nothing changes it; the one with few
organizations; the copy that this run may change.
"""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """Organizations, the last of which is the big one; contacts and agents in each of the others, and in that one."""

    organizations: int
    contacts: int
    big_contacts: int
    agents: int
    big_agents: int


FULL = Size(organizations=201, contacts=500, big_contacts=100_000, agents=14, big_agents=400)
QUICK = Size(organizations=41, contacts=500, big_contacts=100_000, agents=20, big_agents=400)
FEW = Size(organizations=2, contacts=500, big_contacts=500, agents=900, big_agents=300)


@dataclass(frozen=True)
class Data:
    """Running servers with loaded databases."""

    services: Services
    keys: tuple[str, ...]
    """API keys that agent-auth exchanges."""
    peer_password: str

    def nexus_url(self, database: str) -> str:
        return self.services.database_url.rpartition("/")[0] + f"/{database}"

    def peer_url(self, database: str = RUN) -> str:
        port = int(self.services.admin_url.rpartition(":")[2].partition("/")[0])
        return database_url("bench_peer", self.peer_password, port, database)

    def connect(self, database: str = RUN) -> queries.Connection:
        return psycopg.connect(self.services.admin_url.rpartition("/")[0] + f"/{database}", autocommit=True)


KEYS = tuple(f"nxs_ak_bench{number:03}" + hashlib.sha256(str(number).encode()).hexdigest()[:40] for number in range(16))


@contextmanager
def loaded(size: Size, say: Progress) -> Iterator[Data]:
    """Give servers with loaded databases; use the data of an earlier run of the same schema and size again."""
    directory = BUILD / f"data-{_fingerprint(size)}"
    _remove_others(directory)
    # Another run would remove the database of this one.
    with exclusive(prepare(directory)), embedded_services(directory, fast=False) as services:
        data = Data(services, KEYS, secrets.token_hex(16))
        with data.connect("postgres") as server:
            if not queries.has_database(server, name=PRISTINE):
                for database, chosen in ((SMALL, FEW), (LOADING, size)):
                    queries.copy_database(server, source=EMPTY, name=database)
                    _load(data, database, chosen, say)
                queries.rename_database(server, name=LOADING, to=PRISTINE)
            queries.make_peer_role(server, password=data.peer_password)
            say("copying the database for this run")
            queries.copy_database(server, source=PRISTINE, name=RUN)
        yield data


def _load(data: Data, database: str, size: Size, say: Progress) -> None:
    with data.connect(database) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'; SET max_parallel_maintenance_workers = 2")
        indexes = queries.take_search_indexes_off(connection)
        for statement in queries.WITH_TRIGGERS:
            connection.execute(statement, asdict(size))
        queries.lift_daily_ceiling(connection)
        connection.execute("SET session_replication_role = replica")
        for subject, statements in queries.WITHOUT.items():
            say(f"loading {subject} of {size.organizations} organizations")
            for statement in statements:
                connection.execute(statement, asdict(size))
        for position, key in enumerate(KEYS):
            key_hash = bcrypt.hashpw(key.encode(), bcrypt.gensalt(10)).decode()
            values = {"prefix": key[:15], "key_hash": key_hash, "position": position}
            connection.execute(queries.USABLE_KEY, values)
        say("building the search indexes")
        for definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM (FREEZE, ANALYZE)")


def _fingerprint(size: Size) -> str:
    digest = hashlib.sha256(repr((size, FEW, PRISTINE, queries.WITH_TRIGGERS, queries.WITHOUT)).encode())
    for path in sorted(DIRECTORY.rglob("*.sql")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _remove_others(kept: Path) -> None:
    """Remove data of an older schema or another size."""
    for stale in BUILD.glob("data-*"):
        if stale != kept:
            parts = Parts(prepare(stale), LocalSettings.model_construct())
            parts.stop()
            parts.remove()
            shutil.rmtree(stale, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
