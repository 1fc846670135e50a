"""Lints of what columns take: every value that the database accepts can be read by every reader.

A rule is a CHECK on the column alone, which holds of all rows. Its name says it in words, for callers.
"""

from tests.schema.lints import Lint


def _columns_without_rule(types: str, rule: str, exceptions: str = "'{}'") -> str:
    """Ask for the columns of tables, of these types, of which no validated CHECK matches the regular expression."""
    return f"""
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
        JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'schema_migrations' AND a.attnum > 0
          AND NOT a.attisdropped AND a.attgenerated = '' AND {types}
          AND c.relname || '.' || a.attname <> ALL ({exceptions}::text[])
          AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = array[a.attnum] AND k.convalidated
              AND pg_get_constraintdef(k.oid) ~ '{rule}'
          )
    """


VALUE_LINTS = [
    Lint(
        "time_beyond_readers",
        _columns_without_rule("t.typname IN ('timestamptz', 'timestamp', 'date')", "1900-01-01.*2201-01-01"),
        "ALTER TABLE labels ADD seen_at timestamptz",
        "labels.seen_at",
    ),
    Lint(
        "amount_that_is_no_number",
        _columns_without_rule("t.typname IN ('numeric', 'float4', 'float8')", "<=? "),
        "ALTER TABLE items ADD weight numeric(10, 3) CHECK (weight >= 0)",
        "items.weight",
    ),
    Lint(
        "list_with_holes",
        _columns_without_rule(
            "t.typcategory = 'A'",
            r"is_flat_list\(|^CHECK \(+scopes = ",
            # Written by migrations alone.
            "'{plans.scopes,plans.features}'",
        ),
        "ALTER TABLE items ADD colors text[]",
        "items.colors",
    ),
    Lint(
        "json_without_bounds",
        _columns_without_rule(
            "t.typname IN ('jsonb', 'json')",
            r"is_readable_json\(",
            # The rows that it is made of are bounded.
            "'{audit_events.changes,audit_events.entity_key,audit_values.changes}'",
        ),
        "ALTER TABLE items ADD sizes jsonb CHECK (jsonb_typeof(sizes) = 'object')",
        "items.sizes",
    ),
    Lint(
        "text_without_bounds",
        _columns_without_rule(
            "t.typname IN ('text', 'varchar', 'bpchar', 'citext')",
            r"length\(| = ANY | = |~ ",
            # Names a plan; or written by migrations, triggers and jobs alone, from what has bounds.
            """'{organizations.plan_code,plans.code,plans.name,plans.upgrade,audit_events.action,
              audit_events.entity_type,audit_events.request_id,audit_events.values_digest,access_attempts.subject,access_attempts.ip_hash,
              access_attempts.request_id,idempotency_keys.operation,idempotency_keys.request_hash,media_tasks.last_error,
              outbox.last_error,outbox.request_id,webhook_inbox.request_id,webhook_inbox.last_error}'""",
        ),
        "ALTER TABLE items ADD shelf text",
        "items.shelf",
    ),
    Lint(
        "name_that_nobody_sees",
        # What callers write as they like, and what is called a name or a title, whoever writes it.
        r"""
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
        JOIN pg_type t ON t.oid = a.atttypid AND t.typname IN ('text', 'varchar', 'bpchar', 'citext', '_text')
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'schema_migrations' AND a.attnum > 0
          AND NOT a.attisdropped AND a.attgenerated = ''
          AND (
            a.attname ~ '(^|_)(names?|titles?|labels?|subject|company)$'
            OR has_column_privilege('authenticated', c.oid, a.attnum, 'INSERT')
            OR has_column_privilege('authenticated', c.oid, a.attnum, 'UPDATE')
          )
          AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = array[a.attnum]
              AND pg_get_constraintdef(k.oid) ~ ' = ANY | ~\*? |is_time_zone'
          )
          AND NOT EXISTS (
            SELECT FROM pg_trigger g
            WHERE g.tgrelid = a.attrelid AND g.tgfoid = 'app.refuse_invisible'::regproc AND g.tgenabled = 'O'
              AND g.tgargs = convert_to(a.attname, 'UTF8') || '\x00'::bytea AND a.attnum = ANY (g.tgattr)
              AND pg_get_triggerdef(g.oid) ~ ('(BEFORE|AFTER) (INSERT OR )?UPDATE OF ' || a.attname || ' .*visible')
          )
          AND c.relname || '.' || a.attname <> ALL (%(seen_or_not)s)
        """,
        "ALTER TABLE labels ADD title text",
        "labels.title",
    ),
    Lint(
        "counter_that_overflows",
        _columns_without_rule("t.typname IN ('int2', 'int4') AND a.attname ~ '_count$'", "<= "),
        "ALTER TABLE chats ADD reply_count integer NOT NULL DEFAULT 0 CHECK (reply_count >= 0)",
        "chats.reply_count",
    ),
    Lint(
        "platform_value_without_bounds",
        r"""
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
        JOIN pg_type t ON t.oid = a.atttypid AND (t.typname = 'jsonb' OR t.typcategory = 'A')
        WHERE c.oid = ANY (
            '{storage.objects,storage.buckets,auth.users,auth.identities}'::regclass[]
          )
          AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = array[a.attnum] AND k.convalidated
              AND pg_get_constraintdef(k.oid) ~ 'is_readable_json\(|is_flat_list\('
          )
        """,
        "ALTER TABLE auth.users ADD said jsonb",
        "auth.users.said",
    ),
]
