"""People's accounts and sessions, by the names and rules of Supabase Auth.

Owns auth.users, auth.identities, auth.sessions, auth.refresh_tokens, auth.familiar_networks and
auth.audit_log_entries; its folders own the proofs by mail, and the mails. Calls providers.mail, auth, tenancy
and runtime; asks the database for a token's claims.

Routines in infra/schema/platform/accounts: access_token_claims, account_json, email, jwt, role, uid.
"""
