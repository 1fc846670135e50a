"""What the database has, read from its catalog in one exchange and made into a `SchemaCache`.

Owns no table; reads pg_catalog. Whose rights it is read with does not matter: the catalog is everybody's to read.
"""
