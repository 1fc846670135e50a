"""The rights of callers with a token on each table: the columns of their grants, and the scopes of its policies."""

import re
from typing import Literal

import msgspec
from msgspec.structs import asdict, replace

from shared.platform.rest.catalog.queries import list_rights
from shared.platform.rest.preferences import Resolution
from shared.platform.rest.request import Action, Request
from shared.platform.rest.schema import SchemaCache
from shared.runtime.postgres.statement import Rows

Verb = Literal["insert", "update", "delete"]
_WEAKEST = "write"
_BY_STRENGTH = ("read", _WEAKEST, "admin", "manage")
LIST_RIGHTS = list_rights("public", "authenticated")
_REQUIRED = re.compile(r"organization_with\('([a-z]+)'")


class Policy(msgspec.Struct, frozen=True):
    verb: Verb
    rule: str


class Rights(msgspec.Struct, frozen=True):
    """The rights on one table or view."""

    table: str
    reads: tuple[str, ...]
    inserts: tuple[str, ...]
    updates: tuple[str, ...]
    deletes: bool
    policies: tuple[Policy, ...]
    checks: dict[str, str]
    """The text of each CHECK, by its name."""

    def scope(self, verbs: frozenset[Verb]) -> str:
        """Return the strongest scope that any of these verbs requires."""
        rules = " ".join(policy.rule for policy in self.policies if policy.verb in verbs)
        required: list[str] = _REQUIRED.findall(rules)
        return max([_WEAKEST, *required], key=_BY_STRENGTH.index)


class Known(msgspec.Struct, frozen=True):
    """The schema for the service and for callers, whose `*` has only readable columns; and their rights by table."""

    service: SchemaCache
    callers: SchemaCache
    rights: dict[str, Rights]


def known_of(cache: SchemaCache, rows: Rows) -> Known:
    listed = msgspec.json.decode(rows.values[0][0], type=list[Rights])
    rights = {table_rights.table: table_rights for table_rights in listed}
    tables = {
        name: replace(table, unreadable=frozenset(table.columns) - frozenset(rights[name.name].reads))
        for name, table in cache.tables.items()
    }
    return Known(cache, SchemaCache(**asdict(cache) | {"tables": tables}), rights)


def verbs_of(request: Request) -> frozenset[Verb]:
    """Return what a request does to rows; nothing for a read or a function call."""
    if request.action is Action.PUT:
        return frozenset({"insert", "update"})
    if request.action is Action.INSERT:
        merges = request.preferences.resolution is Resolution.MERGE
        return frozenset({"insert", "update"} if merges else {"insert"})
    if request.action is Action.UPDATE:
        return frozenset({"update"})
    return frozenset({"delete"} if request.action is Action.DELETE else ())
