"""Alternatives to Nexus, and the bare limits of this machine, each on the same schema and data.

They run in .venv-bench, log in as a role past row level security, and narrow every statement to the token's
organization, as applications of their kind do. None has a rate limit, a quota, a plan or a log line per request.
"""
