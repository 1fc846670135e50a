"""The business, one room per noun: what its records are, which tables hold them, what may be done to them and when.

Owns and reads nothing itself. A room calls only those below it; the order is in pyproject.toml.
"""
