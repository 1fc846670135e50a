"""The SQL of this room: each statement returns one JSON text, in which names of types include their schema."""

from shared.runtime.postgres.statement import Statement

PREPARE = Statement("SELECT set_config('search_path', '', true), set_config('jit', 'off', true)", {})
"""With an empty search path, every name of a type, table or function is written out in full.

JIT is off because compiling these statements takes longer than running them.
"""


def list_tables(schemas: list[str]) -> Statement:
    sql = """
        SELECT coalesce(json_agg(json_build_object(
            'oid', shown.oid::bigint,
            'schema', nspname,
            'name', relname,
            'description', obj_description(shown.oid, 'pg_class'),
            'is_view', relkind IN ('v', 'm'),
            'insertable', may & 8 = 8,
            'updatable', may & 4 = 4,
            'deletable', may & 16 = 16
        ) ORDER BY nspname, relname), '[]')::text
        FROM (
            SELECT
                pg_class.oid, relname, relkind, nspname,
                CASE
                    WHEN relkind IN ('r', 'p') THEN 28
                    WHEN relkind IN ('v', 'f') THEN pg_relation_is_updatable(pg_class.oid, true)
                    ELSE 0
                END AS may
            FROM pg_class
            JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition AND nspname = ANY (%(schemas)s::text[])
        ) AS shown
    """
    return Statement(sql, {"schemas": schemas})


def list_columns(schemas: list[str]) -> Statement:
    """List columns by table; a column without a default of its own has the default of its domain."""
    sql = """
        WITH columns AS (
            SELECT
                pg_attribute.*, pg_get_expr(adbin, adrelid) AS own_default, typnotnull,
                pg_get_expr(typdefaultbin, 0) AS type_default,
                CASE WHEN typtype = 'd' THEN typbasetype ELSE atttypid END AS shallow_type,
                CASE WHEN typtype = 'd' THEN typtypmod ELSE atttypmod END AS modifier
            FROM pg_attribute
            JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition
            JOIN pg_namespace ON pg_namespace.oid = relnamespace AND nspname = ANY (%(schemas)s::text[])
            JOIN pg_type ON pg_type.oid = atttypid
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE attnum > 0 AND NOT attisdropped
        )
        SELECT coalesce(json_agg(json_build_object(
            'table', attrelid::bigint,
            'number', attnum,
            'name', attname,
            'type', format_type(atttypid, atttypmod),
            'base', shallow_type::bigint,
            'base_type', format_type(shallow_type, NULL),
            'nullable', NOT (attnotnull OR typnotnull),
            'description', col_description(attrelid, attnum),
            'default', CASE
                WHEN attidentity = 'd'
                THEN (
                    -- pg_get_serial_sequence would want the login to have rights on the schema.
                    SELECT format('nextval(%%L::regclass)', objid::regclass) FROM pg_depend
                    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
                        AND refobjid = attrelid AND refobjsubid = attnum AND deptype = 'i'
                )
                WHEN attidentity = '' AND attgenerated = '' THEN coalesce(own_default, type_default)
            END,
            'max_length', CASE
                WHEN shallow_type IN ('varchar'::regtype, 'bpchar'::regtype) THEN nullif(modifier, -1) - 4
                WHEN shallow_type IN ('bit'::regtype, 'varbit'::regtype) THEN nullif(modifier, -1)
            END,
            'always_generated', attidentity = 'a' OR attgenerated <> ''
        ) ORDER BY attrelid, attnum), '[]')::text
        FROM columns
    """
    return Statement(sql, {"schemas": schemas})


def list_types() -> Statement:
    """List domains with the type below each, and enums with their labels."""
    sql = """
        SELECT coalesce(json_agg(json_build_object(
            'oid', oid::bigint,
            'name', format_type(oid, NULL),
            'of', nullif(typbasetype, 0)::bigint,
            'labels', ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = pg_type.oid ORDER BY enumsortorder)
        )), '[]')::text
        FROM pg_type
        WHERE typtype IN ('d', 'e') OR oid IN (SELECT typbasetype FROM pg_type WHERE typtype = 'd')
    """
    return Statement(sql, {})


def list_keys() -> Statement:
    """List primary, unique and foreign keys of every schema: an exposed view may stand on tables outside it."""
    sql = """
        SELECT coalesce(json_agg(json_build_object(
            'kind', contype,
            'name', conname,
            'table', conrelid::bigint,
            'table_name', json_build_object('schema', own_schema.nspname, 'name', own.relname),
            'numbers', conkey,
            'columns', ARRAY(
                SELECT attname FROM unnest(conkey) WITH ORDINALITY AS key (number, place)
                JOIN pg_attribute ON attrelid = conrelid AND attnum = key.number ORDER BY place
            ),
            'target', nullif(confrelid, 0)::bigint,
            'target_name', CASE WHEN contype = 'f' THEN
                json_build_object('schema', other_schema.nspname, 'name', other.relname)
            END,
            'target_numbers', coalesce(confkey, '{}'),
            'target_columns', ARRAY(
                SELECT attname FROM unnest(confkey) WITH ORDINALITY AS key (number, place)
                JOIN pg_attribute ON attrelid = confrelid AND attnum = key.number ORDER BY place
            )
        ) ORDER BY own_schema.nspname, own.relname, conname), '[]')::text
        FROM pg_constraint
        JOIN pg_class AS own ON own.oid = conrelid
        JOIN pg_namespace AS own_schema ON own_schema.oid = own.relnamespace
        LEFT JOIN pg_class AS other ON other.oid = confrelid
        LEFT JOIN pg_namespace AS other_schema ON other_schema.oid = other.relnamespace
        WHERE contype IN ('p', 'u', 'f') AND (contype <> 'f' OR conparentid = 0)
            AND own_schema.nspname NOT IN ('pg_catalog', 'information_schema')
    """
    return Statement(sql, {})


def list_views(schemas: list[str]) -> Statement:
    """List views with their definitions, as parsed trees, in which each column names the table column it shows."""
    sql = """
        SELECT coalesce(json_agg(json_build_object(
            'oid', pg_class.oid::bigint, 'definition', ev_action::text
        )), '[]')::text
        FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        JOIN pg_rewrite ON ev_class = pg_class.oid AND ev_type = '1'
        WHERE relkind IN ('v', 'm') AND nspname = ANY (%(schemas)s::text[])
    """
    return Statement(sql, {"schemas": schemas})


def list_functions(exposed: list[str], searched: list[str]) -> Statement:
    """List the exposed functions, and those over a row from schemas that are only searched.

    See a domain as its base type.
    """
    sql = """
        WITH called AS (
            SELECT pg_proc.*, nspname, CASE WHEN typtype = 'd' THEN typbasetype ELSE prorettype END AS shallow_type
            FROM pg_proc
            JOIN pg_namespace ON pg_namespace.oid = pronamespace AND nspname = ANY (%(searched)s::text[])
            JOIN pg_type ON pg_type.oid = prorettype
            WHERE prokind = 'f' AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
                AND (nspname = ANY (%(exposed)s::text[]) OR proargtypes[0] IN (SELECT reltype FROM pg_class))
        )
        SELECT coalesce(json_agg(json_build_object(
            'oid', called.oid::bigint,
            'schema', called.nspname,
            'name', proname,
            'description', obj_description(called.oid, 'pg_proc'),
            'optional', pronargdefaults,
            'volatility', CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
            'returns', json_build_object(
                'schema', type_schema.nspname, 'name', coalesce(pg_class.relname, pg_type.typname)
            ),
            'returns_type', format_type(prorettype, NULL),
            'base', shallow_type::bigint,
            'base_type', format_type(shallow_type, NULL),
            'returns_set', proretset,
            'returns_one', NOT proretset OR prorows = 1,
            'row_type', pg_class.oid::bigint,
            'is_relation', coalesce(relkind <> 'c', false),
            'settings', (
                SELECT coalesce(
                    json_object_agg(split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)), '{}'
                )
                FROM unnest(proconfig) AS setting
                WHERE split_part(setting, '=', 1) IN ('statement_timeout', 'plan_filter.statement_cost_limit')
            )
        ) ORDER BY called.nspname, proname, pronargs, called.oid), '[]')::text
        FROM called
        JOIN pg_type ON pg_type.oid = shallow_type
        JOIN pg_namespace AS type_schema ON type_schema.oid = typnamespace
        LEFT JOIN pg_class ON pg_class.oid = typrelid
    """
    return Statement(sql, {"exposed": exposed, "searched": searched})


def list_arguments(exposed: list[str], searched: list[str]) -> Statement:
    """List the parameters of the same functions, in and out, in their order."""
    sql = """
        SELECT coalesce(json_agg(json_build_object(
            'function', pg_proc.oid::bigint,
            'name', coalesce(argument.name, ''),
            'type', format_type(argument.type, NULL),
            'base', CASE WHEN typtype = 'd' THEN typbasetype ELSE argument.type END::bigint,
            'base_type', format_type(CASE WHEN typtype = 'd' THEN typbasetype ELSE argument.type END, NULL),
            'mode', coalesce(argument.mode, 'i'),
            'row_of', CASE WHEN relkind <> 'c' THEN
                json_build_object('schema', of_schema.nspname, 'name', relname)
            END
        ) ORDER BY pg_proc.oid, place), '[]')::text
        FROM pg_proc
        JOIN pg_namespace ON pg_namespace.oid = pronamespace AND nspname = ANY (%(searched)s::text[])
        CROSS JOIN unnest(coalesce(proallargtypes, proargtypes::oid[]), proargnames, proargmodes)
            WITH ORDINALITY AS argument (type, name, mode, place)
        JOIN pg_type ON pg_type.oid = argument.type
        LEFT JOIN pg_class ON pg_class.oid = typrelid
        LEFT JOIN pg_namespace AS of_schema ON of_schema.oid = relnamespace
        WHERE prokind = 'f'
            AND (pg_namespace.nspname = ANY (%(exposed)s::text[]) OR proargtypes[0] IN (SELECT reltype FROM pg_class))
    """
    return Statement(sql, {"exposed": exposed, "searched": searched})


def list_fields(schemas: list[str]) -> Statement:
    """List the fields of row types that functions return and that no exposed table has."""
    sql = """
        SELECT coalesce(json_agg(json_build_object(
            'table', attrelid::bigint,
            'number', attnum,
            'name', attname,
            'type', format_type(atttypid, atttypmod),
            'base', CASE WHEN typtype = 'd' THEN typbasetype ELSE atttypid END::bigint,
            'base_type', format_type(CASE WHEN typtype = 'd' THEN typbasetype ELSE atttypid END, NULL)
        ) ORDER BY attrelid, attnum), '[]')::text
        FROM pg_attribute
        JOIN pg_type ON pg_type.oid = atttypid
        WHERE attnum > 0 AND NOT attisdropped AND attrelid IN (
            SELECT pg_class.oid
            FROM pg_proc
            JOIN pg_namespace ON pg_namespace.oid = pronamespace AND nspname = ANY (%(schemas)s::text[])
            JOIN pg_type ON pg_type.oid = prorettype
            JOIN pg_class ON pg_class.oid = typrelid
            WHERE relkind = 'c' OR relnamespace::regnamespace::text <> ALL (%(schemas)s::text[])
        )
    """
    return Statement(sql, {"schemas": schemas})


def find_surroundings(schemas: list[str]) -> Statement:
    """Find the comments of the schemas and the server's time zones."""
    sql = """
        SELECT json_build_object(
            'descriptions', (
                SELECT coalesce(json_object_agg(nspname, description), '{}')
                FROM pg_namespace
                CROSS JOIN LATERAL obj_description(pg_namespace.oid, 'pg_namespace') AS description
                WHERE nspname = ANY (%(schemas)s::text[]) AND description IS NOT NULL
            ),
            'time_zones', ARRAY(SELECT name FROM pg_timezone_names)
        )::text
    """
    return Statement(sql, {"schemas": schemas})


def list_rights(schema: str, role: str) -> Statement:
    """List what a role may do with each table: its columns by verb, and the policies for writing."""
    sql = """
        SELECT json_agg(json_build_object(
            'table', relname,
            'reads', ARRAY(
                SELECT attname FROM pg_attribute WHERE attrelid = shown.oid AND attnum > 0 AND NOT attisdropped
                    AND has_column_privilege(%(role)s, attrelid, attnum, 'SELECT') ORDER BY attnum
            ),
            'inserts', ARRAY(
                SELECT attname FROM pg_attribute WHERE attrelid = shown.oid AND attnum > 0 AND NOT attisdropped
                    AND has_column_privilege(%(role)s, attrelid, attnum, 'INSERT') ORDER BY attnum
            ),
            'updates', ARRAY(
                SELECT attname FROM pg_attribute WHERE attrelid = shown.oid AND attnum > 0 AND NOT attisdropped
                    AND has_column_privilege(%(role)s, attrelid, attnum, 'UPDATE') ORDER BY attnum
            ),
            'deletes', has_table_privilege(%(role)s, shown.oid, 'DELETE'),
            'checks', (
                SELECT coalesce(json_object_agg(conname, pg_get_constraintdef(pg_constraint.oid)), '{}')
                FROM pg_constraint WHERE conrelid = shown.oid AND contype = 'c'
            ),
            'policies', ARRAY(
                SELECT json_build_object(
                    'verb', CASE polcmd WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' ELSE 'delete' END,
                    'rule', concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
                )
                FROM pg_policy WHERE polrelid = shown.oid AND polcmd IN ('a', 'w', 'd') AND polpermissive
            )
        ))::text
        FROM pg_class AS shown
        JOIN pg_namespace ON pg_namespace.oid = relnamespace AND nspname = %(schema)s
        WHERE relkind IN ('r', 'p', 'v', 'm')
    """
    return Statement(sql, {"schema": schema, "role": role})
