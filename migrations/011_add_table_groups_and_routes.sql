-- ============================================================================
-- MIGRATION: 011_add_table_groups_and_routes.sql
-- ============================================================================
-- VERSION:     0.11.0
-- TICKET:      CHG-2026-0111
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-05-20
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-05-22
-- ============================================================================
-- DESCRIPTION:
--   One release may own several tables: table_group in geoapi.table_catalog holds them together.
--   b2c_routes and b2b_routes say which version of a data set a public or an internal client
--   gets under a readable name. geoapi may be replicated to a partner, so nothing in it refers
--   to dagapp by a foreign key.
--
-- DEPENDENCIES:
--   - Requires migration 010 to be applied first
--
-- IMPACT:
--   - Tables affected: geoapi.table_catalog, geoapi.b2c_routes, geoapi.b2b_routes
--   - Estimated duration: 2 minutes
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 011_add_table_groups_and_routes_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Manual
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
        WHERE ledger.version = '0.10.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.11.0 needs migration 0.10.0, which is not applied'
            USING HINT = 'Apply 010_retry_with_backoff.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.11.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.11.0 is applied already'
            USING HINT = 'To apply it again, run 011_add_table_groups_and_routes_rollback.sql first.';
    END IF;
END $$;

-- Check 3: No other session holds, or waits for, a strong lock on the tables that are altered.
-- Ordinary reads and writes pass: for those the lock timeout of the run is the remedy.
DO $$
DECLARE
    holders TEXT;
BEGIN
    SELECT string_agg(
        DISTINCT format('%s on %s by process %s', held.mode, held.relation::REGCLASS, held.pid), ', '
    )
    INTO holders
    FROM pg_catalog.pg_locks AS held
    JOIN pg_catalog.pg_database AS this ON this.oid = held.database
    WHERE this.datname = current_database()
      AND held.pid IS DISTINCT FROM pg_backend_pid()
      AND held.relation IN (to_regclass('geoapi.table_catalog'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.11.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.11.0', 'Groups of tables in the catalog, routes of public and internal clients', now(), false, session_user, 'CHG-2026-0111')
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

-- Step 1: The column on the table that is there. First, because it takes the strongest lock.
ALTER TABLE geoapi.table_catalog ADD COLUMN table_group VARCHAR(63);

COMMENT ON COLUMN geoapi.table_catalog.table_group IS
    'Equal for the tables of one release; NULL for a table on its own.';

-- Step 2: Routes

CREATE TABLE geoapi.b2c_routes (
    slug VARCHAR(200) NOT NULL,
    version_id VARCHAR(50) NOT NULL,
    data_type VARCHAR(20) NOT NULL,
    version_ordinal INTEGER NOT NULL,
    table_name VARCHAR(63),
    stac_item_id VARCHAR(200),
    stac_collection_id VARCHAR(200),
    blob_path VARCHAR(500),
    title VARCHAR(300) NOT NULL,
    description TEXT,
    asset_id VARCHAR(64),
    release_id VARCHAR(64),
    cleared_by VARCHAR(200),
    cleared_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT b2c_routes_pkey PRIMARY KEY (slug, version_id),
    CONSTRAINT b2c_routes_version_ordinal_check CHECK (version_ordinal >= 1)
);

CREATE INDEX idx_b2c_routes_slug_version_ordinal ON geoapi.b2c_routes (slug, version_ordinal DESC);
CREATE INDEX idx_b2c_routes_data_type ON geoapi.b2c_routes (data_type);

CREATE TABLE geoapi.b2b_routes (
    slug VARCHAR(200) NOT NULL,
    version_id VARCHAR(50) NOT NULL,
    data_type VARCHAR(20) NOT NULL,
    version_ordinal INTEGER NOT NULL,
    table_name VARCHAR(63),
    stac_item_id VARCHAR(200),
    stac_collection_id VARCHAR(200),
    blob_path VARCHAR(500),
    title VARCHAR(300) NOT NULL,
    description TEXT,
    asset_id VARCHAR(64),
    release_id VARCHAR(64),
    cleared_by VARCHAR(200),
    cleared_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT b2b_routes_pkey PRIMARY KEY (slug, version_id),
    CONSTRAINT b2b_routes_version_ordinal_check CHECK (version_ordinal >= 1)
);

CREATE INDEX idx_b2b_routes_slug_version_ordinal ON geoapi.b2b_routes (slug, version_ordinal DESC);
CREATE INDEX idx_b2b_routes_data_type ON geoapi.b2b_routes (data_type);

COMMENT ON TABLE geoapi.b2c_routes IS 'What public clients get under a readable name, one row for each version.';
COMMENT ON TABLE geoapi.b2b_routes IS 'The same for internal clients and partners.';
COMMENT ON COLUMN geoapi.b2c_routes.slug IS 'The readable name, as it stands in an address.';
COMMENT ON COLUMN geoapi.b2b_routes.slug IS 'The readable name, as it stands in an address.';

COMMIT;

-- Step 3: The index on the table that was there before
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_table_catalog_table_group
    ON geoapi.table_catalog (table_group) WHERE table_group IS NOT NULL;

-- ============================================================================
-- POST-FLIGHT VALIDATION
-- ============================================================================
-- Every object this migration makes is looked for; only behind them all is it applied.

-- Validation 1: tables exist
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.table_name, ', ' ORDER BY expected.table_name) INTO missing
    FROM (VALUES
        ('geoapi.b2c_routes'),
        ('geoapi.b2b_routes')
    ) AS expected (table_name)
    LEFT JOIN pg_catalog.pg_class AS found
        ON found.oid = to_regclass(expected.table_name) AND found.relkind = 'r'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing table: %', missing
            USING HINT = 'Run 011_add_table_groups_and_routes_rollback.sql, find out why, apply 0.11.0 again.';
    END IF;
END $$;

-- Validation 2: columns exist with their types
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(format('%s.%s', expected.table_name, expected.column_name), ', ' ORDER BY expected.table_name, expected.column_name) INTO missing
    FROM (VALUES
        ('geoapi.table_catalog', 'table_group', 'varchar', 'false'),
        ('geoapi.b2c_routes', 'slug', 'varchar', 'true'),
        ('geoapi.b2c_routes', 'version_id', 'varchar', 'true'),
        ('geoapi.b2c_routes', 'data_type', 'varchar', 'true'),
        ('geoapi.b2c_routes', 'version_ordinal', 'integer', 'true'),
        ('geoapi.b2c_routes', 'table_name', 'varchar', 'false'),
        ('geoapi.b2c_routes', 'stac_item_id', 'varchar', 'false'),
        ('geoapi.b2c_routes', 'stac_collection_id', 'varchar', 'false'),
        ('geoapi.b2c_routes', 'blob_path', 'varchar', 'false'),
        ('geoapi.b2c_routes', 'title', 'varchar', 'true'),
        ('geoapi.b2c_routes', 'description', 'text', 'false'),
        ('geoapi.b2c_routes', 'asset_id', 'varchar', 'false'),
        ('geoapi.b2c_routes', 'release_id', 'varchar', 'false'),
        ('geoapi.b2c_routes', 'cleared_by', 'varchar', 'false'),
        ('geoapi.b2c_routes', 'cleared_at', 'timestamptz', 'false'),
        ('geoapi.b2c_routes', 'created_at', 'timestamptz', 'true'),
        ('geoapi.b2b_routes', 'slug', 'varchar', 'true'),
        ('geoapi.b2b_routes', 'version_id', 'varchar', 'true'),
        ('geoapi.b2b_routes', 'data_type', 'varchar', 'true'),
        ('geoapi.b2b_routes', 'version_ordinal', 'integer', 'true'),
        ('geoapi.b2b_routes', 'table_name', 'varchar', 'false'),
        ('geoapi.b2b_routes', 'stac_item_id', 'varchar', 'false'),
        ('geoapi.b2b_routes', 'stac_collection_id', 'varchar', 'false'),
        ('geoapi.b2b_routes', 'blob_path', 'varchar', 'false'),
        ('geoapi.b2b_routes', 'title', 'varchar', 'true'),
        ('geoapi.b2b_routes', 'description', 'text', 'false'),
        ('geoapi.b2b_routes', 'asset_id', 'varchar', 'false'),
        ('geoapi.b2b_routes', 'release_id', 'varchar', 'false'),
        ('geoapi.b2b_routes', 'cleared_by', 'varchar', 'false'),
        ('geoapi.b2b_routes', 'cleared_at', 'timestamptz', 'false'),
        ('geoapi.b2b_routes', 'created_at', 'timestamptz', 'true')
    ) AS expected (table_name, column_name, type_name, is_required)
    LEFT JOIN pg_catalog.pg_attribute AS found
        ON found.attrelid = to_regclass(expected.table_name)
        AND found.attname = expected.column_name
        AND found.atttypid = to_regtype(expected.type_name)
        AND found.attnotnull = expected.is_required::BOOLEAN
        AND NOT found.attisdropped
    WHERE found.attrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or different column: %', missing
            USING HINT = 'Run 011_add_table_groups_and_routes_rollback.sql, find out why, apply 0.11.0 again.';
    END IF;
END $$;

-- Validation 3: constraints exist and are validated
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(format('%s on %s', expected.constraint_name, expected.table_name), ', ' ORDER BY expected.table_name, expected.constraint_name) INTO missing
    FROM (VALUES
        ('geoapi.b2c_routes', 'b2c_routes_pkey'),
        ('geoapi.b2c_routes', 'b2c_routes_version_ordinal_check'),
        ('geoapi.b2b_routes', 'b2b_routes_pkey'),
        ('geoapi.b2b_routes', 'b2b_routes_version_ordinal_check')
    ) AS expected (table_name, constraint_name)
    LEFT JOIN pg_catalog.pg_constraint AS found
        ON found.conrelid = to_regclass(expected.table_name)
        AND found.conname = expected.constraint_name
        AND found.convalidated
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or not validated constraint: %', missing
            USING HINT = 'Run 011_add_table_groups_and_routes_rollback.sql, find out why, apply 0.11.0 again.';
    END IF;
END $$;

-- Validation 4: indexes exist and are valid
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.index_name, ', ' ORDER BY expected.index_name) INTO missing
    FROM (VALUES
        ('geoapi.idx_b2c_routes_slug_version_ordinal'),
        ('geoapi.idx_b2c_routes_data_type'),
        ('geoapi.idx_b2b_routes_slug_version_ordinal'),
        ('geoapi.idx_b2b_routes_data_type'),
        ('geoapi.idx_table_catalog_table_group')
    ) AS expected (index_name)
    LEFT JOIN pg_catalog.pg_index AS found
        ON found.indexrelid = to_regclass(expected.index_name) AND found.indisvalid AND found.indisready
    WHERE found.indexrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or invalid index: %', missing
            USING HINT = 'Run 011_add_table_groups_and_routes_rollback.sql, find out why, apply 0.11.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.11.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.11.0 completed successfully'; END $$;
