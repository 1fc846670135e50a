"""Lints of a migrated schema beyond Supabase's: what row level security, foreign keys and grants take to hold here."""

from tests.schema.lints import Lint

HOUSE_LINTS = [
    Lint(
        "security_not_forced",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relforcerowsecurity
        """,
        "ALTER TABLE labels NO FORCE ROW LEVEL SECURITY",
        "labels",
    ),
    Lint(
        "role_above_policies",
        """
        SELECT rolname::text FROM pg_roles
        WHERE (rolname ~ '^(anon|authenticated|authenticator|supabase_auth_admin)$' AND (rolsuper OR rolbypassrls))
          OR (rolname = 'authenticator' AND rolinherit)
          OR (rolname ~ '^(anon|authenticated|authenticator|service_role|supabase_auth_admin)$'
            AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication))
        UNION ALL
        SELECT c.oid::regclass::text || ' belongs to ' || pg_get_userbyid(c.relowner)
        FROM pg_class c
        WHERE c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace, 'auth'::regnamespace)
          AND pg_get_userbyid(c.relowner) ~ '^(anon|authenticated|authenticator|service_role)$'
        """,
        "ALTER TABLE labels OWNER TO authenticated",
        "labels belongs to authenticated",
    ),
    Lint(
        "login_role_holds_rights_of_its_own",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
          AND c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace, 'auth'::regnamespace)
          AND (has_any_column_privilege('authenticator', c.oid, 'SELECT, INSERT, UPDATE')
            OR has_table_privilege('authenticator', c.oid, 'DELETE, TRUNCATE'))
        """,
        "GRANT SELECT ON labels TO authenticator",
        "labels",
    ),
    Lint(
        "granted_to_everybody",
        """
        SELECT c.oid::regclass::text || ' ' || acl.privilege_type
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
        WHERE acl.grantee = 0 AND c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace, 'auth'::regnamespace)
        UNION ALL
        SELECT p.oid::regprocedure::text
        FROM pg_proc p
        CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS acl
        WHERE acl.grantee = 0 AND p.pronamespace IN ('public'::regnamespace, 'app'::regnamespace)
        UNION ALL
        SELECT n.nspname || ' CREATE' FROM pg_namespace n
        WHERE n.nspname IN ('public', 'app', 'auth', 'extensions') AND has_schema_privilege('anon', n.oid, 'CREATE')
        """,
        "GRANT SELECT ON labels TO PUBLIC",
        "labels SELECT",
    ),
    Lint(
        "tenant_table_without_organization",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND c.relname <> ALL (%(not_tenants)s) AND c.relname <> ALL (%(inherited)s)
          AND NOT EXISTS (
            SELECT FROM pg_attribute a
            JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)
            WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND a.attnotnull
          )
        """,
        "ALTER TABLE labels ALTER organization_id DROP NOT NULL",
        "labels",
    ),
    Lint(
        "no_index_led_by_organization",
        """
        SELECT c.oid::regclass::text
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL (%(not_tenants)s)
          AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum)
        """,
        "CREATE TABLE notes (id uuid PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organizations (id))",
        "notes",
    ),
    Lint(
        "foreign_key_across_organizations",
        """
        SELECT k.conrelid::regclass || ' ' || k.conname
        FROM pg_constraint k
        JOIN pg_class source ON source.oid = k.conrelid AND source.relnamespace = 'public'::regnamespace
        JOIN pg_class target ON target.oid = k.confrelid AND target.relnamespace = 'public'::regnamespace
        WHERE k.contype = 'f' AND target.relname <> ALL (%(not_tenants)s) AND k.conname <> ALL (%(guarded_references)s)
          AND NOT EXISTS (
            SELECT FROM unnest(k.conkey, k.confkey) AS pair (own, theirs)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.own AND a.attname = 'organization_id'
            JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.theirs AND b.attname = 'organization_id'
          )
        """,
        "ALTER TABLE chats ADD label_id uuid REFERENCES labels (id)",
        "chats chats_label_id_fkey",
    ),
    Lint(
        "unique_across_organizations",
        """
        SELECT i.indrelid::regclass || ' ' || n.relname
        FROM pg_index i
        JOIN pg_class n ON n.oid = i.indexrelid
        JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indisunique AND c.relname <> ALL (%(not_tenants)s) AND a.attname IS DISTINCT FROM 'organization_id'
          AND NOT (i.indisprimary AND i.indnkeyatts = 1 AND (a.atttypid = 'uuid'::regtype OR a.attidentity = 'a'))
          AND n.relname <> ALL (%(unguessable)s)
        """,
        "CREATE UNIQUE INDEX planted_key ON chats (platform_chat_id)",
        "chats planted_key",
    ),
    Lint(
        "update_policy_without_both_conditions",
        """
        SELECT tablename || ' ' || policyname FROM pg_policies
        WHERE schemaname = 'public' AND cmd IN ('UPDATE', 'ALL') AND (qual IS NULL OR with_check IS NULL)
        """,
        """
        DROP POLICY labels_update ON labels;
        CREATE POLICY labels_update ON labels FOR UPDATE TO authenticated
          USING (organization_id = (SELECT app.organization_with('write')))
        """,
        "labels labels_update",
    ),
    Lint(
        "row_may_move_to_another_organization",
        """
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v')
        WHERE c.relnamespace = 'public'::regnamespace
          AND (a.attname IN ('organization_id', 'created_at') OR (c.relname, a.attname) = ('order_items', 'order_id'))
          AND has_column_privilege('authenticated', a.attrelid, a.attnum, 'UPDATE')
        """,
        "GRANT UPDATE ON labels TO authenticated",
        "labels.organization_id",
    ),
    Lint(
        "written_without_a_list_of_columns",
        """
        SELECT c.oid::regclass || ' ' || acl.privilege_type
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
        WHERE acl.privilege_type IN ('INSERT', 'UPDATE') AND c.relnamespace <> 'pg_catalog'::regnamespace
          AND acl.grantee::regrole::text IN ('-', 'anon', 'authenticated')
          AND c.oid::regclass::text <> ALL (%(granted_by_the_platform)s)
        """,
        "GRANT INSERT ON labels TO authenticated",
        "labels INSERT",
    ),
    Lint(
        "clients_write_what_the_server_owns",
        """
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v')
        CROSS JOIN unnest('{anon,authenticated}'::text[]) AS role
        CROSS JOIN unnest('{INSERT,UPDATE}'::text[]) AS privilege
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
          AND has_column_privilege(role, c.oid, a.attnum, privilege)
          AND a.attname ~ ('_(at|time|until|count|by|sealed)$|(^|_)(status|state|hash|prefix|direction|origin|attempts'
            || '|used|error|reactions|merged_into|scopes|role|plan_code)$')
          AND c.relname || '.' || a.attname <> ALL (%(moved_by_steps)s)
        """,
        "GRANT UPDATE (created_at) ON labels TO authenticated",
        "labels.created_at",
    ),
    Lint(
        "owners_rights_before_row_security",
        r"""
        SELECT t.tgrelid::regclass || ' ' || t.tgname
        FROM pg_trigger t
        JOIN pg_proc p ON p.oid = t.tgfoid AND p.prosecdef
        JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'public'::regnamespace
        CROSS JOIN LATERAL (
          SELECT min(place) FILTER (WHERE said ~ '\mapp\.organization_(id|with|claimed)\(') AS asks,
            min(place) FILTER (WHERE said ~* '\m(from|join|into|update)\s+(public|auth)\.') AS looks
          FROM unnest(string_to_array(p.prosrc, ';')) WITH ORDINALITY AS statement (said, place)
        ) AS body
        WHERE NOT t.tgisinternal AND t.tgtype & 2 = 2 AND (body.asks IS NULL OR body.asks > body.looks)
        """,
        """
        CREATE FUNCTION app.peeks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN PERFORM FROM public.organizations WHERE id = new.organization_id; RETURN new; END $$;
        CREATE TRIGGER peeks BEFORE INSERT ON labels FOR EACH ROW EXECUTE FUNCTION app.peeks()
        """,
        "labels peeks",
    ),
    Lint(
        "callable_with_owners_rights_that_does_not_ask_first",
        r"""
        SELECT p.oid::regprocedure::text
        FROM pg_proc p
        CROSS JOIN unnest('{anon,authenticated}'::text[]) AS role
        CROSS JOIN LATERAL (
          SELECT min(place) FILTER (WHERE said ~ '\mapp\.organization_(id|with|claimed)\(') AS asks,
            min(place) FILTER (WHERE said ~* '\m(from|join|into|update)\s+(public|auth)\.') AS looks
          FROM unnest(string_to_array(coalesce(nullif(p.prosrc, ''), pg_get_function_sqlbody(p.oid)), ';'))
            WITH ORDINALITY AS statement (said, place)
        ) AS body
        WHERE p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace)
          AND has_function_privilege(role, p.oid, 'EXECUTE')
          AND p.prorettype <> 'trigger'::regtype AND p.proname <> ALL (%(asking)s)
          AND (body.asks IS NULL OR body.asks > body.looks)
        """,
        """
        CREATE FUNCTION app.plan_of(organization uuid) RETURNS text
        LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
          SELECT plan_code FROM public.organizations WHERE id = organization
        $$;
        GRANT EXECUTE ON FUNCTION app.plan_of TO authenticated
        """,
        "app.plan_of(uuid)",
    ),
    Lint(
        "audit_trail_may_be_changed",
        """
        SELECT role
        FROM unnest('{anon,authenticated,service_role,supabase_auth_admin}'::text[]) AS role,
          unnest('{public.audit_events,public.audit_values}'::text[]) AS trail
        WHERE has_any_column_privilege(role, trail, 'INSERT, UPDATE')
          OR has_table_privilege(role, trail, 'DELETE, TRUNCATE')
        UNION ALL
        SELECT 'no guard' WHERE NOT EXISTS (
          SELECT FROM pg_trigger t
          WHERE t.tgrelid = 'public.audit_events'::regclass AND t.tgenabled <> 'D' AND t.tgtype & 26 = 26
        )
        """,
        "GRANT DELETE ON audit_events TO service_role",
        "service_role",
    ),
    Lint(
        "tenant_table_without_audit",
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND EXISTS (
            SELECT FROM unnest('{INSERT,UPDATE}'::text[]) AS privilege
            WHERE has_any_column_privilege('authenticated', c.oid, privilege)
          )
          AND NOT EXISTS (
            SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname ~ '^audit' AND t.tgenabled <> 'D'
          )
        """,
        "DROP TRIGGER audit ON labels",
        "labels",
    ),
    Lint(
        "money_as_float",
        """
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND a.atttypid IN (700, 701, 790)
        """,
        "ALTER TABLE items ADD discount double precision",
        "items.discount",
    ),
    Lint(
        "stock_may_fall_below_zero",
        """
        SELECT a.attname FROM pg_attribute a
        WHERE a.attrelid = 'public.stock_balances'::regclass AND a.attname IN ('quantity', 'reserved_quantity')
          AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = array[a.attnum]
              AND pg_get_constraintdef(k.oid) ~ '>= 0'
          )
        """,
        "ALTER TABLE stock_balances DROP CONSTRAINT stock_balances_quantity_check",
        "quantity",
    ),
    Lint(
        "time_without_zone",
        """
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
        WHERE c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace) AND a.attnum > 0
          AND format_type(a.atttypid, null) ~ '^time(stamp)? without'
        """,
        "ALTER TABLE items ADD seen_at timestamp",
        "items.seen_at",
    ),
    Lint(
        "enumeration_without_check",
        """
        SELECT a.attrelid::regclass || '.' || a.attname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND a.atttypid = 'text'::regtype
          AND a.attname ~ '(^|_)(status|type|kind|role|direction|mode|outcome|period|resource|source|platform)$'
          AND c.relname || '.' || a.attname <> ALL (%(free_text)s)
          AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = array[a.attnum]
              AND pg_get_constraintdef(k.oid) ~ 'ANY|~'
          )
        """,
        "ALTER TABLE items ADD tax_kind text",
        "items.tax_kind",
    ),
    Lint(
        "login_without_timeouts",
        """
        SELECT wanted
        FROM unnest('{statement_timeout,lock_timeout,idle_in_transaction_session_timeout}'::text[]) AS wanted
        WHERE NOT EXISTS (
          SELECT
          FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole CROSS JOIN unnest(s.setconfig) AS setting
          WHERE r.rolname = 'authenticator' AND setting ~ ('^' || wanted || '=[1-9]')
        )
        """,
        "ALTER ROLE authenticator RESET lock_timeout",
        "lock_timeout",
    ),
    Lint(
        "api_table_or_column_without_comment",
        """
        SELECT c.oid::regclass::text || coalesce('.' || a.attname, '')
        FROM pg_class c
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace
          AND has_column_privilege('authenticated', c.oid, a.attnum, 'SELECT')
          AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)
        """,
        "ALTER TABLE items ADD shelf text",
        "items.shelf",
    ),
]
