"""The documents that agents and people read, made of what the functions declare: `python -m infra.documents`.

They are checked in where they are served from (functions/discovery/documents/, docs/functions.md), because a deployed
function cannot import the others; a test says when they are not current.
"""
