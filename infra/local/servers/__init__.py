"""Servers of one machine: embedded Postgres and Valkey, /rest/v1 over any database, the gateway's connections."""
