"""The launcher: an embedded Postgres and Valkey, their secrets, and the `nexus` command that serves every function.

Owns the data directory and nothing else. Calls infra.migrate and infra.functions.
"""
