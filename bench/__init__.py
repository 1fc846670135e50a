"""Nexus beside its peers and limits, measured in one run: see docs/performance.md.

Owns nothing of the product; starts everything it needs. `python -m bench` or `make bench` runs it.
"""
