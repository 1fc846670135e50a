"""Attacks on a running Nexus that anybody can replay, on any revision: `python -m tests.attack --help`.

Each attack speaks HTTP alone, as a stranger would, and either is refused or breaks something.
"""
