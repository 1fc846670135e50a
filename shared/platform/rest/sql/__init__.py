"""One SQL statement from a plan: every value is a parameter, every identifier is from the schema cache, quoted.

Owns nothing; the one place where SQL is assembled (docs/decisions/0015-rest-compiler.md).
"""
