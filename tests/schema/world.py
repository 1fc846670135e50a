"""Two organizations with a row in every table, and everybody who might look at them."""

import json
import uuid
from typing import Any

from infra.local.servers.services import Services
from shared.auth import tokens
from shared.tenancy.principal import ANONYMOUS, SERVICE
from tests.conftest import Caller, Org, Tenants
from tests.schema.matrix import Actor, Level, World, seeded
from tests.schema.rows import Rows
from tests.schema.tables import Database, read_tables


def build_world(services: Services, database: Database) -> World:
    """Return two organizations on the Growth plan, a row of each in every table, and the callers of the first."""
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
            *_of_fallen_accounts(own, database, *everything),
            Actor("anonymous", ANONYMOUS, frozenset()),
            Actor("service", SERVICE, frozenset()),
        ],
    )


def _of_fallen_accounts(own: Org, database: Database, *everything: Level) -> list[Actor]:
    """Return people and an agent whose account or session has ended, beside one whose session stands."""
    banned, gone, signed_in, signed_out = (own.person("owner") for _ in range(4))
    database.execute("UPDATE organizations SET additional_agents = 1 WHERE id = %s", [own.id])
    banned_agent = own.agent("admin")
    database.execute(
        "UPDATE auth.users SET banned_until = now() + interval '1 h' WHERE id = ANY(%s)", [[banned.id, banned_agent.id]]
    )
    database.execute("UPDATE auth.users SET deleted_at = now() WHERE id = %s", [gone.id])
    session, over, ended = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    database.execute("INSERT INTO auth.sessions (id, user_id) VALUES (%s, %s)", [session, signed_in.id])
    database.execute(
        "INSERT INTO auth.sessions (id, user_id, not_after) VALUES (%s, %s, now() - interval '1 s')",
        [over, signed_out.id],
    )
    return [
        _actor("owner who was banned", banned),
        _actor("agent whose account was banned", banned_agent),
        _actor("owner whose account was deleted", gone),
        _actor("owner with a session", _claiming(signed_in, session_id=str(session)), *everything),
        _actor("owner who signed out", _claiming(signed_out, session_id=str(ended))),
        _actor("owner whose session is over", _claiming(signed_out, session_id=str(over))),
        _actor("owner with a stranger's session", _claiming(signed_out, session_id=str(session))),
    ]


def _actor(name: str, caller: Caller, *held: Level) -> Actor:
    return Actor(name, tokens.verify(caller.token), frozenset(held))


def _claiming(caller: Caller, **claims: Any) -> Caller:
    """Return the same caller with a token that says something else, as only we could sign it."""
    said = json.loads(tokens.verify(caller.token).claims) | claims
    return Caller(tokens.mint(said, ttl_s=600), caller.id, caller.key_id)
