"""Pages of the schema, made from the catalog of a migrated database: docs/schema.sql, and a picture in docs/schema.md.

Owns nothing; reads the catalog and the rooms' lists of their tables.
"""
