"""Two organizations with a row in every table, and everybody who might look at them."""

import json
import uuid
from typing import Any

from infra.local.services import Services
from shared.auth import tokens
from shared.tenancy.principal import ANONYMOUS, SERVICE
from tests.conftest import Caller, Tenants
from tests.schema.matrix import Actor, Level, World, seeded
from tests.schema.rows import Rows
from tests.schema.tables import Database, read_tables


def build_world(services: Services, database: Database) -> World:
    """Two organizations on the Growth plan, a row of each in every table, and the callers of the first."""
    tables = read_tables(database)
    make, rows = Tenants(services), Rows(database, tables)
    own, other = make.org(), make.org()
    read, write, admin = own.agent("read"), own.agent("write"), own.agent("admin")
    revoked, expired, removed = own.agent("admin"), own.agent("admin"), own.person("owner")
    database.execute("UPDATE agent_api_keys SET is_active = false WHERE id = %s", [revoked.key_id])
    database.execute("UPDATE agent_api_keys SET expires_at = now() - interval '1 s' WHERE id = %s", [expired.key_id])
    database.execute("DELETE FROM organization_members WHERE user_id = %s", [removed.id])
    everything: tuple[Level, ...] = ("read", "write", "admin", "manage")
    return World(
        tables,
        seeded(rows, tables, own.id),
        seeded(rows, tables, other.id),
        [
            _actor("agent with read", read, "read"),
            _actor("agent with write", write, "read", "write"),
            _actor("agent with admin", admin, "read", "write", "admin"),
            _actor("member", own.person("member"), "read", "write"),
            _actor("admin", own.person("admin"), *everything),
            _actor("owner", own.owner, *everything),
            _actor("person without organization", make.person(None)),
            _actor("agent whose key was revoked", revoked),
            _actor("agent whose key has expired", expired),
            _actor("owner who was removed", removed),
            _actor("token with fewer scopes than its key", _claiming(admin, agent_scopes=["read"]), "read"),
            _actor("token with more scopes than its key", _claiming(read, agent_scopes=["read", "write"]), "read"),
            _actor("agent who names the other organization", _claiming(admin, organization_id=str(other.id))),
            _actor(
                "owner who names the other organization",
                _claiming(own.owner, app_metadata={"organization_id": str(other.id), "org_role": "owner"}),
            ),
            _actor("agent with a stranger's key id", _claiming(admin, key_id=str(uuid.uuid4()))),
            Actor("anonymous", ANONYMOUS, frozenset()),
            Actor("service", SERVICE, frozenset()),
        ],
    )


def _actor(name: str, caller: Caller, *held: Level) -> Actor:
    return Actor(name, tokens.verify(caller.token), frozenset(held))


def _claiming(caller: Caller, **claims: Any) -> Caller:
    """The same caller with a token that says something else, as only we could sign it."""
    said = json.loads(tokens.verify(caller.token).claims) | claims
    return Caller(tokens.mint(said, ttl_s=600), caller.id, caller.key_id)
