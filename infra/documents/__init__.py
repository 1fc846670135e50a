"""The documents for agents and people, made from the declarations of functions: `python -m infra.documents`.

They are checked in where they are served (functions/discovery/documents/, docs/functions.md), because a deployed
function cannot import the others; a test says when they are out of date.
"""
