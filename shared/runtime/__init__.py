"""What a running function stands on: settings, database transaction, shared store, secrets, files, outside calls, log.

Owns outbox and set_aside. Calls Postgres, the store, and the services that keep files and keys; knows no tenant.

Routines in infra/schema/routines/runtime: enqueue, retry_piece, retry_set_aside.
"""
