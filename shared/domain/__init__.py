"""The business, one room per noun: its records, its tables, and the actions on them with their conditions.

Owns and reads nothing itself. A room calls only those below it; the order is in pyproject.toml.
"""
