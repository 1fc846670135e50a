"""From a request and the schema cache to what shall be read or changed, every name looked up.

Owns nothing; looks every name up in the cache that it is given.
"""
