"""Proofs by mail: one-time tokens, and the codes that end a flow for the application that began it (PKCE).

Owns one_time_tokens and flow_state. Both are in the schema `auth`. Calls runtime.
"""
