"""People's accounts and sessions, under the names and rules of Supabase Auth.

Owns auth.users, auth.identities, auth.sessions, auth.refresh_tokens and auth.audit_log_entries.
Calls auth, tenancy and runtime; asks the database for the claims of a token.
"""
