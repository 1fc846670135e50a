"""Credentials: agent keys, tokens, passwords.

Owns agent_accounts, agent_api_keys and access_attempts; calls tenancy and runtime.
"""
