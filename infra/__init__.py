"""The tools that build, serve and migrate Nexus; no deployed function imports it."""
