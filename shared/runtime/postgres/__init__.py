"""Postgres: a pool of connections, statements in one pipeline, and the transaction that callers see."""
