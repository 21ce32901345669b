-- ============================================================================
-- MIGRATION: 014_dataset_tables.sql
-- ============================================================================
-- VERSION:     0.14.0
-- TICKET:      pending
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-11-28
-- REVIEWED BY:
-- REVIEWED ON:
-- ============================================================================
-- DESCRIPTION:
--   The application stores each dataset that it takes in as a table of its own, and may do no
--   DDL. Two functions do it for it: geoapi.create_dataset_table and geoapi.drop_dataset_table.
--   A table is called geoapi.ds_<name>; it has an id, a batch, one geometry and columns of a
--   few types, and nothing else can be asked for. Each call that made or dropped one stands in
--   public.schema_migration_events, with the login that called.
--
-- DEPENDENCIES:
--   - Requires migration 013 to be applied first
--
-- IMPACT:
--   - Tables affected: None
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Low
--
-- ROLLBACK:
--   - Rollback script: 014_dataset_tables_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Automatic
--
-- EXCEPTIONS:
--   - security-definer: whoever calls them may make and drop tables of this one shape, and is recorded
-- ============================================================================

-- ============================================================================
-- PRE-FLIGHT CHECKS
-- ============================================================================
-- Nothing has been changed when one of these fails. Stop and look into it.

-- Check 1: The role that runs this owns the schema, so that it will own what is made
DO $$
DECLARE
    strange TEXT;
BEGIN
    SELECT string_agg(wanted.name, ', ' ORDER BY wanted.name) INTO strange
    FROM (VALUES ('geoapi')) AS wanted (name)
    LEFT JOIN pg_catalog.pg_namespace AS found
        ON found.nspname = wanted.name AND pg_get_userbyid(found.nspowner) = current_user
    WHERE found.oid IS NULL;

    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'Schema % is missing or is not owned by %', strange, current_user
            USING HINT = 'Run this as the infrastructure role: PGOPTIONS=''-c role=NAME'' psql -f ...';
    END IF;
END $$;

-- Check 2: The version before is applied, this one is not
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.13.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.14.0 needs migration 0.13.0, which is not applied'
            USING HINT = 'Apply 013_drop_dataset_approvals.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.14.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.14.0 is applied already'
            USING HINT = 'To apply it again, run 014_dataset_tables_rollback.sql first.';
    END IF;
END $$;

-- Check 3: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.14.0', 'Tables for datasets, made on call', now(), false, session_user, 'pending')
ON CONFLICT (version) DO UPDATE SET
    description = EXCLUDED.description,
    started_at = now(),
    completed_at = NULL,
    applied = false,
    rolled_back_at = NULL,
    executed_by = EXCLUDED.executed_by,
    ticket_number = EXCLUDED.ticket_number;

-- ============================================================================
-- MIGRATION
-- ============================================================================

BEGIN;

-- Step 1: Make a table. Nothing of an argument becomes part of a statement but names and types that were found in a list
-- or are letters, digits and underscores; and these are quoted all the same.
CREATE FUNCTION geoapi.create_dataset_table(
    p_name TEXT,
    p_columns JSONB DEFAULT '[]',
    p_geometry TEXT DEFAULT NULL,
    p_srid INTEGER DEFAULT 4326
)
RETURNS TEXT
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    plain CONSTANT TEXT := '^[a-z][a-z0-9_]{0,49}$';
    types CONSTANT TEXT[] := ARRAY['text', 'integer', 'bigint', 'double precision', 'numeric',
        'boolean', 'date', 'timestamp with time zone', 'uuid', 'jsonb'];
    shapes CONSTANT TEXT[] := ARRAY['POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT',
        'MULTILINESTRING', 'MULTIPOLYGON', 'GEOMETRY'];
    relation TEXT;
    listed TEXT := '';
    wanted RECORD;
BEGIN
    IF p_name IS NULL OR p_name !~ plain THEN
        RAISE EXCEPTION 'The name of a dataset is up to 50 lower-case letters, digits and underscores, and begins with a letter'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_columns IS NULL OR jsonb_typeof(p_columns) <> 'array' OR jsonb_array_length(p_columns) > 500 THEN
        RAISE EXCEPTION 'The columns of a dataset are a list of at most 500, each with name and type'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_geometry IS NOT NULL AND NOT p_geometry = ANY (shapes) THEN
        RAISE EXCEPTION 'The geometry of a dataset is one of %', array_to_string(shapes, ', ')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_srid IS NULL OR p_srid NOT BETWEEN 1 AND 998999 THEN
        RAISE EXCEPTION 'The reference system of a dataset is a number from 1 to 998999'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    FOR wanted IN
        SELECT item ->> 'name' AS name, item ->> 'type' AS type
        FROM jsonb_array_elements(p_columns) WITH ORDINALITY AS given (item, place)
        ORDER BY place
    LOOP
        IF wanted.name IS NULL OR wanted.name !~ plain OR wanted.name IN ('id', 'batch', 'geom') THEN
            RAISE EXCEPTION 'The name of a column is up to 50 lower-case letters, digits and underscores, begins with a letter, and is not id, batch or geom'
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF wanted.type IS NULL OR NOT wanted.type = ANY (types) THEN
            RAISE EXCEPTION 'The type of a column is one of %', array_to_string(types, ', ')
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        -- The type is one of the words above, and so is put in as it stands.
        listed := listed || format(', %I %s', wanted.name, wanted.type);
    END LOOP;

    relation := 'ds_' || p_name;
    EXECUTE format(
        'CREATE TABLE geoapi.%I (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, batch TEXT NOT NULL%s)',
        relation, listed
    );
    EXECUTE format('CREATE INDEX %I ON geoapi.%I (batch)', relation || '_batch', relation);
    IF p_geometry IS NOT NULL THEN
        EXECUTE format(
            'ALTER TABLE geoapi.%I ADD COLUMN geom public.geometry(%s, %s)', relation, p_geometry, p_srid
        );
        EXECUTE format('CREATE INDEX %I ON geoapi.%I USING gist (geom)', relation || '_geom', relation);
    END IF;
    EXECUTE format(
        'COMMENT ON TABLE geoapi.%I IS %L', relation, 'A dataset, made by geoapi.create_dataset_table'
    );
    INSERT INTO public.schema_migration_events (kind, detail)
    VALUES ('dataset-made', jsonb_build_object(
        'table', 'geoapi.' || relation, 'columns', p_columns, 'geometry', p_geometry, 'srid', p_srid
    ));
    RETURN 'geoapi.' || relation;
END;
$$;

COMMENT ON FUNCTION geoapi.create_dataset_table(TEXT, JSONB, TEXT, INTEGER) IS
    'Makes geoapi.ds_<name> with id, batch, the columns given as [{"name": …, "type": …}], and a geometry if one is asked for. Returns its name.';

-- Step 2: Drop one, and nothing that was made otherwise
CREATE FUNCTION geoapi.drop_dataset_table(p_name TEXT)
RETURNS BOOLEAN
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation TEXT;
BEGIN
    IF p_name IS NULL OR p_name !~ '^[a-z][a-z0-9_]{0,49}$' THEN
        RAISE EXCEPTION 'The name of a dataset is up to 50 lower-case letters, digits and underscores, and begins with a letter'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    relation := 'ds_' || p_name;
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_class AS found
        JOIN pg_catalog.pg_namespace AS space ON space.oid = found.relnamespace
        WHERE space.nspname = 'geoapi' AND found.relname = relation AND found.relkind = 'r'
          AND pg_catalog.obj_description(found.oid, 'pg_class') = 'A dataset, made by geoapi.create_dataset_table'
    ) THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE geoapi.%I', relation);
    INSERT INTO public.schema_migration_events (kind, detail)
    VALUES ('dataset-dropped', jsonb_build_object('table', 'geoapi.' || relation));
    RETURN true;
END;
$$;

COMMENT ON FUNCTION geoapi.drop_dataset_table(TEXT) IS
    'Drops geoapi.ds_<name> with its rows, if geoapi.create_dataset_table made it. False where it did not.';

COMMIT;

-- ============================================================================
-- POST-FLIGHT VALIDATION
-- ============================================================================
-- Every object this migration makes is looked for; only behind them all is it applied.

-- Validation 1: both functions exist, run as this role, and search temporary tables last
DO $$
BEGIN
    IF (
        SELECT count(*) FROM pg_catalog.pg_proc AS found
        WHERE found.oid IN (
            to_regprocedure('geoapi.create_dataset_table(text, jsonb, text, integer)'),
            to_regprocedure('geoapi.drop_dataset_table(text)')
        )
        AND found.prosecdef AND found.proconfig = ARRAY['search_path=pg_catalog, pg_temp']
        AND pg_get_userbyid(found.proowner) = current_user
    ) <> 2 THEN
        RAISE EXCEPTION 'Validation failed: the functions for datasets are not there as they should be'
            USING HINT = 'Run 014_dataset_tables_rollback.sql, find out why, apply 0.14.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.14.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.14.0 completed'; END $$;
