"""What a running function stands on: settings, the database transaction, log, shared store, outbox.

Owns the table `outbox`. Calls Postgres and the store; knows no tenant and no HTTP.
"""
