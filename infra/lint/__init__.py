"""House lints: rules that ruff, mypy and the import contracts cannot check. `python -m infra.lint` runs them all.

Reads the repository's files; imports and changes none of them.
"""
