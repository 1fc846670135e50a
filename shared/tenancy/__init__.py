"""Who calls, for which organization, and the only way to a row: a transaction under the caller's role and claims.

Owns organizations, organization_members, audit_events and the view audit_trail; reads plans. Calls runtime.

Routines in infra/schema/routines/tenancy: account_fault, admit, admit_request, cap_scopes, check_organization_places,
check_timezone, claims, create_organization, enter, is_colleague, organization_claimed, organization_currency,
organization_id, organization_with, proven_at, refuse_fallen_account, refuse_missing_scope, refuse_outsider,
refuse_scope, refuse_stranger, remember_admission, request_id.
Routines in infra/schema/routines/trail: audit, drop_values, forget_audit, guard_audit, open_part, personal_columns,
personal_part, record_change, record_event, values_digest.
"""
