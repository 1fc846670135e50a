"""The database's catalog, read in one exchange and made into a `SchemaCache`.

Owns no table; reads pg_catalog. Every role may read it, so the login's rights do not matter.
"""
