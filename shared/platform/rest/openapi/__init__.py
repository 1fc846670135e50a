"""The description of a schema as PostgREST writes it: Swagger 2.0, of what the caller's role may reach.

Owns no table; asks the catalog what the role may do, and the schema cache for everything else.
"""
