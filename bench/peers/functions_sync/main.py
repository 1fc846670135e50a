"""Peer 4: functions-framework in its default synchronous form (Flask, gunicorn's threads) over a psycopg pool."""

from functools import cache
from typing import Any

import flask
import functions_framework
import jwt
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from bench.peers import queries, settings

LIST_KEYS = queries.pyformat(queries.LIST_KEYS)


@cache
def pool() -> ConnectionPool[Any]:
    return ConnectionPool(
        settings.database_url(),
        min_size=settings.POOL_SIZE,
        max_size=settings.POOL_SIZE,
        kwargs={"autocommit": True, "row_factory": dict_row},
        open=True,
    )


@functions_framework.http
def handler(request: flask.Request) -> flask.typing.ResponseReturnValue:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        claims = settings.verify(token) if scheme.lower() == "bearer" else None
    except jwt.PyJWTError:
        claims = None
    if claims is None:
        return {"error": "invalid_token"}, 401
    values = {"organization_id": claims["organization_id"], "limit": int(request.args.get("limit", 25))}
    with pool().connection() as connection:
        return flask.jsonify(data=connection.execute(LIST_KEYS, values).fetchall())
