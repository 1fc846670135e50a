"""PostgREST's HTTP interface to any exposed schema: from request to parsed query, plan, one SQL statement, answer.

Owns no table; reads the catalog. It works on any database and knows no table of ours. Stands on
`runtime.postgres.connection`; the host gives the caller and the first statement of a transaction.
"""
