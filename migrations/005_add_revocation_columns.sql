-- ============================================================================
-- MIGRATION: 005_add_revocation_columns.sql
-- ============================================================================
-- VERSION:     0.5.0
-- TICKET:      CHG-2026-0105
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-04-08
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-04-10
-- ============================================================================
-- DESCRIPTION:
--   Adds to dagapp.geospatial_assets who revoked an approval, when and why, and notes of the
--   reviewer. Nullable, without default: no row is rewritten; the table is locked against all
--   use for moments. That a revoked asset says by whom and when is a CHECK, added NOT VALID and
--   validated afterwards, while rows are read and written.
--
-- DEPENDENCIES:
--   - Requires migration 004 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.geospatial_assets
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 005_add_revocation_columns_rollback.sql
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
    FROM (VALUES ('dagapp')) AS wanted (name)
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
        WHERE ledger.version = '0.4.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.5.0 needs migration 0.4.0, which is not applied'
            USING HINT = 'Apply 004_add_revoked_state.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.5.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.5.0 is applied already'
            USING HINT = 'To apply it again, run 005_add_revocation_columns_rollback.sql first.';
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
      AND held.relation IN (to_regclass('dagapp.geospatial_assets'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.5.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.5.0', 'Who revoked an approval, when and why', now(), false, session_user, 'CHG-2026-0105')
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

-- Step 1: Columns, and a check that holds for new rows at once
ALTER TABLE dagapp.geospatial_assets
    ADD COLUMN approval_notes TEXT,
    ADD COLUMN revoked_at TIMESTAMPTZ,
    ADD COLUMN revoked_by VARCHAR(200),
    ADD COLUMN revocation_reason TEXT,
    ADD CONSTRAINT geospatial_assets_revocation_check CHECK (
        approval_state <> 'revoked' OR (revoked_at IS NOT NULL AND revoked_by IS NOT NULL)
    ) NOT VALID;

COMMENT ON COLUMN dagapp.geospatial_assets.approval_notes IS 'What the reviewer wrote with the decision.';
COMMENT ON COLUMN dagapp.geospatial_assets.revoked_at IS 'When an approval was taken back.';
COMMENT ON COLUMN dagapp.geospatial_assets.revocation_reason IS 'Why, for whoever asks for the asset.';

COMMIT;

-- Step 2: The check for the rows that were there, under a lock that lets reads and writes pass
ALTER TABLE dagapp.geospatial_assets VALIDATE CONSTRAINT geospatial_assets_revocation_check;

-- Step 3: An index for the list of revoked assets
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_geospatial_assets_revoked
    ON dagapp.geospatial_assets (revoked_at) WHERE approval_state = 'revoked';

-- ============================================================================
-- POST-FLIGHT VALIDATION
-- ============================================================================
-- Every object this migration makes is looked for; only behind them all is it applied.

-- Validation 1: columns exist with their types
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(format('%s.%s', expected.table_name, expected.column_name), ', ' ORDER BY expected.table_name, expected.column_name) INTO missing
    FROM (VALUES
        ('dagapp.geospatial_assets', 'approval_notes', 'text', 'false'),
        ('dagapp.geospatial_assets', 'revoked_at', 'timestamptz', 'false'),
        ('dagapp.geospatial_assets', 'revoked_by', 'varchar', 'false'),
        ('dagapp.geospatial_assets', 'revocation_reason', 'text', 'false')
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
            USING HINT = 'Run 005_add_revocation_columns_rollback.sql, find out why, apply 0.5.0 again.';
    END IF;
END $$;

-- Validation 2: constraints exist and are validated
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(format('%s on %s', expected.constraint_name, expected.table_name), ', ' ORDER BY expected.table_name, expected.constraint_name) INTO missing
    FROM (VALUES
        ('dagapp.geospatial_assets', 'geospatial_assets_revocation_check')
    ) AS expected (table_name, constraint_name)
    LEFT JOIN pg_catalog.pg_constraint AS found
        ON found.conrelid = to_regclass(expected.table_name)
        AND found.conname = expected.constraint_name
        AND found.convalidated
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or not validated constraint: %', missing
            USING HINT = 'Run 005_add_revocation_columns_rollback.sql, find out why, apply 0.5.0 again.';
    END IF;
END $$;

-- Validation 3: indexes exist and are valid
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.index_name, ', ' ORDER BY expected.index_name) INTO missing
    FROM (VALUES
        ('dagapp.idx_geospatial_assets_revoked')
    ) AS expected (index_name)
    LEFT JOIN pg_catalog.pg_index AS found
        ON found.indexrelid = to_regclass(expected.index_name) AND found.indisvalid AND found.indisready
    WHERE found.indexrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or invalid index: %', missing
            USING HINT = 'Run 005_add_revocation_columns_rollback.sql, find out why, apply 0.5.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.5.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.5.0 completed successfully'; END $$;
