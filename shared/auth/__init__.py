"""Credentials: agent keys, tokens, passwords.

Owns agent_accounts, agent_api_keys and access_attempts; calls tenancy and runtime.

Routines in infra/schema/routines/auth: check_key_maker, check_key_scopes, create_agent_account, create_agent_key,
create_agent_user, custom_access_token_hook, end_keys_before_proof, record_attempt, register_agent, revoke_agent_key,
rotate_agent_key.
"""
