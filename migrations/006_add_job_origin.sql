-- ============================================================================
-- MIGRATION: 006_add_job_origin.sql
-- ============================================================================
-- VERSION:     0.6.0
-- TICKET:      CHG-2026-0106
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-04-15
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-04-17
-- ============================================================================
-- DESCRIPTION:
--   Adds to dagapp.jobs the version of the build that ran the job and the request that it
--   answers, so that callbacks find their way. Nullable, without default: no row is rewritten.
--   The indexes are built CONCURRENTLY, while jobs are written.
--
-- DEPENDENCIES:
--   - Requires migration 005 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.jobs
--   - Estimated duration: 2 minutes
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 006_add_job_origin_rollback.sql
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
        WHERE ledger.version = '0.5.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.6.0 needs migration 0.5.0, which is not applied'
            USING HINT = 'Apply 005_add_revocation_columns.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.6.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.6.0 is applied already'
            USING HINT = 'To apply it again, run 006_add_job_origin_rollback.sql first.';
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
      AND held.relation IN (to_regclass('dagapp.jobs'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.6.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.6.0', 'Which build and which request a job came from', now(), false, session_user, 'CHG-2026-0106')
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

-- Step 1: Columns; the table is locked against all use for moments
ALTER TABLE dagapp.jobs
    ADD COLUMN etl_version VARCHAR(20),
    ADD COLUMN request_id VARCHAR(64);

COMMENT ON COLUMN dagapp.jobs.etl_version IS 'Version of the application that ran the job.';
COMMENT ON COLUMN dagapp.jobs.request_id IS
    'Request that the job answers. No foreign key: a job outlives its request, and the other way round.';

COMMIT;

-- Step 2: Indexes
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_etl_version
    ON dagapp.jobs (etl_version) WHERE etl_version IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_request_id
    ON dagapp.jobs (request_id) WHERE request_id IS NOT NULL;

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
        ('dagapp.jobs', 'etl_version', 'varchar', 'false'),
        ('dagapp.jobs', 'request_id', 'varchar', 'false')
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
            USING HINT = 'Run 006_add_job_origin_rollback.sql, find out why, apply 0.6.0 again.';
    END IF;
END $$;

-- Validation 2: indexes exist and are valid
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.index_name, ', ' ORDER BY expected.index_name) INTO missing
    FROM (VALUES
        ('dagapp.idx_jobs_etl_version'),
        ('dagapp.idx_jobs_request_id')
    ) AS expected (index_name)
    LEFT JOIN pg_catalog.pg_index AS found
        ON found.indexrelid = to_regclass(expected.index_name) AND found.indisvalid AND found.indisready
    WHERE found.indexrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or invalid index: %', missing
            USING HINT = 'Run 006_add_job_origin_rollback.sql, find out why, apply 0.6.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.6.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.6.0 completed successfully'; END $$;
