"""From a plan to one statement: every value a parameter, every identifier one that the schema cache has, quoted.

Owns nothing; the one place where SQL is assembled (docs/decisions/0015-rest-compiler.md).
"""
