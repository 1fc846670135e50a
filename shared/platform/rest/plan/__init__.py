"""The plan of a request: what to read or change, with every name looked up in the schema cache.

Owns nothing; the caller gives the cache.
"""
