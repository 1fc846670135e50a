"""All SQL of this room, as the role supabase_auth_admin; each statement deletes a limited number of rows."""

from shared.runtime.postgres.transaction import Tx


async def delete_old_sessions(tx: Tx) -> int:
    """Delete sessions that were not refreshed for 180 days, with their refresh tokens."""
    sql = """
        DELETE FROM auth.sessions
        WHERE ctid IN (
          SELECT ctid FROM auth.sessions
          WHERE greatest(created_at, refreshed_at, updated_at) < now() - interval '180 days'
            OR not_after < now() - interval '1 day'
          LIMIT 5000
        )
    """
    return await tx.run(sql)


async def delete_old_refresh_tokens(tx: Tx) -> int:
    """Delete spent tokens after 30 days; until then, the reuse of one ends its session."""
    sql = """
        DELETE FROM auth.refresh_tokens
        WHERE ctid IN (
          SELECT ctid FROM auth.refresh_tokens WHERE revoked AND updated_at < now() - interval '30 days' LIMIT 5000
        )
    """
    return await tx.run(sql)


async def delete_old_audit_entries(tx: Tx) -> int:
    """Delete audit entries after a year."""
    sql = """
        DELETE FROM auth.audit_log_entries
        WHERE ctid IN (
          SELECT ctid FROM auth.audit_log_entries WHERE created_at < now() - interval '365 days' LIMIT 5000
        )
    """
    return await tx.run(sql)
