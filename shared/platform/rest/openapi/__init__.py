"""The description of a schema in PostgREST's form: Swagger 2.0, limited to what the caller's role may reach.

Owns no table; asks the catalog for the role's rights, and the schema cache for everything else.
"""
