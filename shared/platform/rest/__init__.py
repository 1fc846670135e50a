"""PostgREST's HTTP interface to any exposed schema: request to parsed query, to plan, to one SQL statement, to answer.

Owns no table and reads the catalog; works on any database, so nothing here knows a table of ours. Stands on
`runtime.postgres.connection` for the connection; who calls and what a transaction begins with is given from outside.
"""
