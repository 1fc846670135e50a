"""Who calls, for which organization, and the only way to a row: a transaction under the caller's role and claims.

Owns organizations, organization_members, audit_events and the view audit_trail; reads plans. Calls runtime.
"""
