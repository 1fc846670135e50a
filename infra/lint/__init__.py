"""House lints: what ruff, mypy and the import contracts cannot see. `python -m infra.lint` runs them all.

Reads the repository's files; imports and changes nothing of them.
"""
