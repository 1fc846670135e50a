"""The REST surface: a filtered list, an embed of one level and an insert, beside a peer and the bare limit."""

import time
from collections.abc import Sequence
from urllib.parse import urlencode

from bench import servers
from bench.figures import Figure, Goal, alone
from bench.groups import Room, ask
from bench.records import COUNTER
from bench.servers import running
from bench.throughput import Ask, Comparison, least
from bench.traffic import Agent, Request, address

_LIST = {
    "select": "id,created_at,first_name,last_name,phone_number,email,company,tags,last_contact",
    "company": "not.is.null",
    "order": "created_at.desc,id.desc",
    "limit": "25",
}
_EMBED = {
    "select": "id,created_at,order_number,order_status,total_amount,customers(id,first_name,last_name)",
    "order": "created_at.desc,id.desc",
    "limit": "25",
}
_CONTACT = {"first_name": "Bench", "last_name": COUNTER, "company": "Load", "notes": "Made to be measured."}


def comparisons(room: Room) -> tuple[Comparison, Comparison, Comparison]:
    key = room.data.services.secrets.publishable_key
    return (
        _comparison("REST: filtered list of 25", _reading(key, "customers", _LIST), "/companies"),
        _comparison("REST: list of 25 with an embed", _reading(key, "orders", _EMBED), "/orders"),
        Comparison(
            "REST: insert (audit, counters, durable)",
            {
                servers.REST: _inserting(key),
                servers.FASTAPI: lambda agents: [_post("/contacts", agent) for agent in agents],
                servers.BARE: lambda agents: [
                    _post(f"/contacts?organization_id={agent.organization_id}", agent) for agent in agents
                ],
            },
            {servers.FASTAPI: least(1.2), servers.BARE: least(0.4)},
        ),
    )


def first_answer(room: Room) -> Figure:
    """Measure a process that has just begun to listen: connections, the schema cache, the query."""
    request = _reading(room.data.services.secrets.publishable_key, "customers", _LIST)(room.crowd.many[:1])[0]
    values = [_first_ms(room, request) for _ in range(room.rounds)]
    return alone("REST: first answer of a process", unit="ms", values=values, goal=Goal("at most", 300))


def _first_ms(room: Room, request: Request) -> float:
    with running(servers.REST, room.data) as server:
        began = time.perf_counter()
        answer = ask(server.port, request)
        took = time.perf_counter() - began
    room.step()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{servers.REST.name} answers first {answer[:500]!r}")
    return took * 1000


def _comparison(title: str, ours: Ask, path: str) -> Comparison:
    def bare(agents: Sequence[Agent]) -> list[Request]:
        return [Request("GET", f"{path}?organization_id={agent.organization_id}&limit=25", "") for agent in agents]

    def peer(agents: Sequence[Agent]) -> list[Request]:
        return [Request("GET", f"{path}?limit=25", agent.token) for agent in agents]

    requests = {servers.REST: ours, servers.FASTAPI: peer, servers.BARE: bare}
    return Comparison(title, requests, {servers.FASTAPI: least(1.2), servers.BARE: least(0.4)})


def _reading(key: str, table: str, query: dict[str, str]) -> Ask:
    path = f"/rest/v1/{table}?{urlencode(query)}"
    return lambda agents: [Request("GET", path, agent.token, headers=_headers(key)) for agent in agents]


def _inserting(key: str) -> Ask:
    """Return inserts of a client that wants to know the new row's id."""
    headers = (("Prefer", "return=representation"),)
    path = "/rest/v1/customers?select=id"
    return lambda agents: [Request("POST", path, agent.token, _CONTACT, (*_headers(key), *headers)) for agent in agents]


def _post(path: str, agent: Agent) -> Request:
    return Request("POST", path, agent.token, _CONTACT)


def _headers(key: str) -> tuple[tuple[str, str], ...]:
    """Return headers with a new address for each agent, because the limit by address is on."""
    return (("apikey", key), ("X-Forwarded-For", address()))
