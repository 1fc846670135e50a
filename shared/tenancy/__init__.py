"""Who calls, for which organization, and the only way to a row: a transaction under the caller's role and claims.

Owns organizations and organization_members; reads plans. Calls runtime.
"""
