"""Lints of a migrated schema, after those of Supabase: each asks the catalogue for faults and must find none.

Where a rule has an exception it is named here with its reason. `planted` is a fault that the lint must find.
"""

from typing import Any, NamedTuple, cast

from tests.schema.tables import Database


class Lint(NamedTuple):
    name: str
    question: str
    """Answers one text column; every row is a fault."""
    planted: str
    """Statements that put the fault into the schema."""
    found: str
    """What the answer then names."""
    remedy: str = ""
    """What to do about a fault, where the name does not say it."""

    def ask(self, database: Database) -> list[str]:
        return [str(row[0]) for row in database.execute(cast("Any", self.question), EXCEPTIONS)]


EXCEPTIONS = {
    # Reached through definer functions and by the service only, so row level security has no policy.
    "denied_to_all": [
        "access_attempts",
        "idempotency_keys",
        "media_tasks",
        "order_sequences",
        "outbox",
        "schema_migrations",
        "schema_routines",
        "webhook_inbox",
    ],
    # Take the organization from the claims; the leak tests call each of them as a stranger.
    "callable_definers": [
        "admit_request",
        "claim_idempotency_key",
        "contacts_named",
        "contacts_with_phone",
        "correct_payment",
        "create_agent_key",
        "create_organization",
        "enqueue",
        "erase_contact",
        "erase_person",
        "keep_idempotent_answer",
        "keep_upload",
        "mark_chat_read",
        "mark_chat_unread",
        "organization_claimed",
        "queue_message",
        "record_export",
        "record_person_export",
        "revoke_agent_key",
        "rotate_agent_key",
        "search",
        "start_conversation",
    ],
    # Who calls is what they find out: the one is what the others ask, the second lets a caller in, and who makes an
    # organization belongs to none yet.
    "asking": ["organization_claimed", "admit_request", "create_organization"],
    # Put in place of their call, which a setting of their own would prevent: policies ask the first for every table of
    # every statement, the others are parts of long statements and lists of data. Their bodies are in standard SQL,
    # resolved when they were made: no search path changes what they call.
    "inlined": [
        "claims",
        "enter",
        "organization_id",
        "organization_with",
        "request_id",
        "cap_scopes",
        "list_african_and_asian_time_zones",
        "list_american_time_zones",
        "list_due_channels",
        "list_invisible_basic",
        "list_invisible_supplementary",
        "list_other_time_zones",
        "list_reactions",
        "list_recent_orders",
        "rank_by_watermarks",
        "read_message",
        "remember_admission",
        "search_contacts",
        "search_items",
        "search_orders",
        "show_order",
        "spell_code",
        "sum_message_events",
    ],
    # The tables of storage have Supabase's own grants. No API exposes that schema: functions/storage alone writes
    # there, as the caller, under policies.
    "granted_by_the_platform": ["storage.buckets", "storage.objects"],
    # An order's steps are the client's to take; a trigger knows which there are.
    "moved_by_steps": ["orders.order_status", "orders.payment_status"],
    # Belong to no single organization, or are it.
    "not_tenants": ["access_attempts", "organizations", "plans", "webhook_inbox"],
    # Belong to a person where that person has no organization.
    "inherited": ["idempotency_keys"],
    # Held to one organization by the trigger check_order_item, which the leak tests ask.
    "guarded_references": ["order_items_item_id_fkey"],
    # Unique over all tenants on values that we make ourselves at random, or that the service alone writes once a
    # provider has confirmed them: no tenant can try another's.
    "unguessable": ["agent_accounts_user_id_key", "agent_api_keys_prefix_key", "channel_accounts_route_key"],
    # Text that may be blank: notes, and a number as it was written. An assignee is held to the organization's
    # colleagues, a plan's name is written by migrations; what Meta, a channel or the server itself names is kept as it
    # is told, and a file is sent without an invisible name. A key has its agent's name.
    "seen_or_not": [
        "customers.phone_raw",
        "customers.notes",
        "customers.assigned_to",
        "chats.assigned_to",
        "items.description",
        "orders.notes",
        "stock_movements.notes",
        "plans.name",
        "agent_api_keys.name",
        "channel_accounts.display_name",
        "message_templates.name",
        "media.file_name",
        "set_aside.subject",
        "access_attempts.subject",
    ],
    # Named like an enumeration and none: names of tables, MIME types, what an agent says it runs on.
    "free_text": ["audit_events.entity_type", "messages.media_type", "media.mime_type", "agent_accounts.platform"],
}

LINTS = [
    Lint(
        "0001_unindexed_foreign_key",
        """
        SELECT k.conrelid::regclass || ' ' || k.conname
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.contype = 'f' AND c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace, 'auth'::regnamespace)
          AND NOT EXISTS (
            SELECT FROM pg_index i
            WHERE i.indrelid = k.conrelid AND i.indpred IS NULL
              AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
          )
        """,
        "CREATE TABLE loose (id uuid PRIMARY KEY, plan text REFERENCES plans (code))",
        "loose_plan_fkey",
    ),
    Lint(
        "0002_auth_users_exposed",
        """
        SELECT DISTINCT v.oid::regclass::text
        FROM pg_rewrite r
        JOIN pg_class v ON v.oid = r.ev_class AND v.relnamespace = 'public'::regnamespace AND v.relkind IN ('v', 'm')
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = 'auth.users'::regclass
        """,
        "CREATE VIEW people AS SELECT id, email FROM auth.users",
        "people",
    ),
    Lint(
        "0003_policy_calls_per_row",
        r"""
        SELECT tablename || ' ' || policyname
        FROM pg_policies
        CROSS JOIN LATERAL regexp_replace(
          concat_ws(' ', qual, with_check), '\( SELECT \(?(app|auth)\.\w+\([^()]*\)[^()]*\)', '', 'g'
        ) AS bare
        WHERE schemaname = 'public' AND bare ~ '(app|auth)\.\w+\(|current_setting\('
        """,
        "ALTER POLICY labels_select ON labels USING (organization_id = app.organization_id())",
        "labels labels_select",
    ),
    Lint(
        "0004_no_primary_key",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace)
          AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
        """,
        "CREATE TABLE heap (line text)",
        "heap",
    ),
    Lint(
        "0006_several_permissive_policies",
        """
        SELECT tablename || ' ' || role || ' ' || command
        FROM pg_policies
        CROSS JOIN unnest(roles) AS role
        CROSS JOIN unnest(CASE cmd WHEN 'ALL' THEN '{SELECT,INSERT,UPDATE,DELETE}' ELSE array[cmd] END) AS command
        WHERE schemaname = 'public' AND permissive = 'PERMISSIVE'
        GROUP BY tablename, role, command
        HAVING count(*) > 1
        """,
        "CREATE POLICY more ON labels TO authenticated USING (name = 'public')",
        "labels authenticated SELECT",
    ),
    Lint(
        "0007_policy_but_security_off",
        """
        SELECT DISTINCT p.polrelid::regclass::text
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE NOT c.relrowsecurity
        """,
        "ALTER TABLE labels DISABLE ROW LEVEL SECURITY",
        "labels",
    ),
    Lint(
        "0008_security_on_no_policy",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace) AND c.relrowsecurity
          AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AND c.relname <> ALL (%(denied_to_all)s)
        """,
        "CREATE TABLE mute (id uuid PRIMARY KEY); ALTER TABLE mute ENABLE ROW LEVEL SECURITY",
        "mute",
    ),
    Lint(
        "0009_duplicate_index",
        """
        SELECT string_agg(c.relname, ' = ' ORDER BY c.relname)
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid AND c.relnamespace = 'public'::regnamespace
        GROUP BY i.indrelid, regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX .* ON ', 'ON ')
        HAVING count(*) > 1
        """,
        "CREATE INDEX again ON labels (organization_id, created_at DESC, id DESC)",
        "again = labels_list_idx",
    ),
    Lint(
        "0010_view_with_its_owners_rights",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
          AND NOT coalesce(c.reloptions && '{security_invoker=true,security_invoker=on}', false)
        """,
        "CREATE VIEW everything AS SELECT id FROM customers",
        "everything",
    ),
    Lint(
        "0011_search_path_mutable",
        """
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.pronamespace IN ('public'::regnamespace, 'app'::regnamespace, 'auth'::regnamespace)
          AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting ~ '^search_path=')
          AND NOT (p.proname = ANY (%(inlined)s) AND p.prosqlbody IS NOT NULL AND NOT p.prosecdef)
        """,
        "CREATE FUNCTION app.trusting() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "app.trusting()",
    ),
    Lint(
        "0012_policy_that_does_not_tell_agents_from_people",
        r"""
        SELECT tablename || ' ' || policyname
        FROM pg_policies
        WHERE schemaname = 'public' AND concat_ws(' ', qual, with_check) !~ 'app\.organization_(id|with)\('
        """,
        "CREATE POLICY mine ON labels FOR SELECT TO authenticated USING (color = (SELECT auth.uid()::text))",
        "labels mine",
    ),
    Lint(
        "0013_security_disabled",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
          AND c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace)
        """,
        "CREATE TABLE open_house (id uuid PRIMARY KEY)",
        "open_house",
    ),
    Lint(
        "0014_extension_in_public",
        "SELECT extname FROM pg_extension WHERE extnamespace = 'public'::regnamespace",
        "CREATE EXTENSION unaccent SCHEMA public",
        "unaccent",
    ),
    Lint(
        "0015_policy_reads_what_users_edit",
        """
        SELECT tablename || ' ' || policyname FROM pg_policies
        WHERE concat_ws(' ', qual, with_check) ~ 'user_meta_?data'
        """,
        """
        ALTER POLICY labels_select ON labels
          USING (organization_id = (SELECT (app.claims() -> 'user_metadata' ->> 'organization_id')::uuid))
        """,
        "labels labels_select",
    ),
    Lint(
        "0016_0017_materialized_view_or_foreign_table_in_the_api",
        """
        SELECT c.oid::regclass::text
        FROM pg_class c CROSS JOIN unnest('{anon,authenticated}'::text[]) AS role
        WHERE c.relkind IN ('m', 'f') AND has_table_privilege(role, c.oid, 'SELECT')
        """,
        "CREATE MATERIALIZED VIEW totals AS SELECT 1 AS n; GRANT SELECT ON totals TO authenticated",
        "totals",
    ),
    Lint(
        "0018_reg_columns",
        """
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
        WHERE c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace)
          AND format_type(a.atttypid, null) ~ '^reg' AND a.atttypid <> 'regclass'::regtype
        """,
        "CREATE TABLE jobs_done (id uuid PRIMARY KEY, what regproc)",
        "jobs_done.what",
    ),
    Lint(
        "0019_queue_exposed",
        """
        SELECT DISTINCT c.oid::regclass::text
        FROM pg_class c CROSS JOIN unnest('{anon,authenticated}'::text[]) AS role
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND c.relname ~ '(outbox|inbox|jobs|queue|schedules|events_raw)$'
          AND has_any_column_privilege(role, c.oid, 'SELECT, INSERT, UPDATE')
        """,
        "GRANT SELECT ON outbox TO authenticated",
        "outbox",
    ),
    Lint(
        "0021_foreign_key_to_auth_not_on_its_primary_key",
        """
        SELECT k.conrelid::regclass || ' ' || k.conname
        FROM pg_constraint k
        JOIN pg_class target ON target.oid = k.confrelid AND target.relnamespace = 'auth'::regnamespace
        JOIN pg_constraint pk ON pk.conrelid = k.confrelid AND pk.contype = 'p'
        WHERE k.contype = 'f' AND k.confkey <> pk.conkey
        """,
        "CREATE TABLE odd (id uuid PRIMARY KEY, token text REFERENCES auth.refresh_tokens (token))",
        "odd odd_token_fkey",
    ),
    Lint(
        "0022_extension_outdated",
        "SELECT name FROM pg_available_extensions WHERE installed_version <> default_version",
        "CREATE EXTENSION citext SCHEMA extensions VERSION '1.4'",
        "citext",
    ),
    Lint(
        "0023_secret_in_the_api",
        """
        SELECT DISTINCT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0
        CROSS JOIN unnest('{anon,authenticated}'::text[]) AS role
        WHERE c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace, 'auth'::regnamespace)
          AND a.attname ~ '(password|secret|token|api_key|key_hash|otp|iban|passport|national_id)'
          AND has_column_privilege(role, a.attrelid, a.attnum, 'SELECT')
        """,
        "GRANT SELECT (key_hash) ON agent_api_keys TO authenticated",
        "agent_api_keys.key_hash",
    ),
    Lint(
        "0024_policy_always_true",
        r"""
        SELECT tablename || ' ' || policyname FROM pg_policies
        WHERE schemaname = 'public'
          AND (coalesce(qual, 'x') ~ '^\(?(true|1 = 1)\)?$' OR coalesce(with_check, 'x') ~ '^\(?(true|1 = 1)\)?$')
        """,
        "ALTER POLICY labels_update ON labels WITH CHECK (true)",
        "labels labels_update",
    ),
    Lint(
        "0026_0027_anonymous_callers_reach_a_table",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
          AND c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace, 'auth'::regnamespace)
          AND CASE c.relkind
            WHEN 'S' THEN has_sequence_privilege('anon', c.oid, 'USAGE, SELECT, UPDATE')
            ELSE has_any_column_privilege('anon', c.oid, 'SELECT, INSERT, UPDATE')
              OR has_table_privilege('anon', c.oid, 'DELETE, TRUNCATE, REFERENCES, TRIGGER') END
        """,
        "GRANT SELECT (code) ON plans TO anon",
        "plans",
    ),
    Lint(
        "0028_0029_definer_function_callable",
        """
        SELECT p.oid::regprocedure::text
        FROM pg_proc p CROSS JOIN unnest('{anon,authenticated}'::text[]) AS role
        WHERE p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace)
          AND has_function_privilege(role, p.oid, 'EXECUTE')
          AND NOT (p.pronamespace = 'app'::regnamespace AND p.proname = ANY (%(callable_definers)s))
        """,
        "GRANT EXECUTE ON FUNCTION app.register_agent TO authenticated",
        "app.register_agent",
        "ask app.organization_with(…) before looking at a row; add the name to callable_definers here and to PROBES or"
        " WRITES in tests/schema/test_leaks.py; call the routine in a test as another tenant",
    ),
]
