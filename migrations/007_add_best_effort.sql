-- ============================================================================
-- MIGRATION: 007_add_best_effort.sql
-- ============================================================================
-- VERSION:     0.7.0
-- TICKET:      CHG-2026-0107
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-04-15
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-04-20
-- ============================================================================
-- DESCRIPTION:
--   Adds best_effort to dagapp.workflow_tasks, NOT NULL, in the three steps of the policy:
--   nullable with a default for new rows, filled in batches for those that are there, then
--   constrained by a CHECK that is validated while rows are read and written, so that SET NOT
--   NULL need not read the table under its lock. The batches touch every row once and so set
--   updated_at; they do not touch last_pulse, by which stuck tasks are found.
--
-- DEPENDENCIES:
--   - Requires migration 006 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.workflow_tasks
--   - Estimated duration: 10 minutes for a million tasks
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 007_add_best_effort_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Automatic
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
        WHERE ledger.version = '0.6.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.7.0 needs migration 0.6.0, which is not applied'
            USING HINT = 'Apply 006_add_job_origin.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.7.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.7.0 is applied already'
            USING HINT = 'To apply it again, run 007_add_best_effort_rollback.sql first.';
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
      AND held.relation IN (to_regclass('dagapp.workflow_tasks'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.7.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.7.0', 'Tasks whose failure a run may survive', now(), false, session_user, 'CHG-2026-0107')
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

-- Step 1: A nullable column; the default is for rows that come from now on
BEGIN;

ALTER TABLE dagapp.workflow_tasks
    ADD COLUMN best_effort BOOLEAN,
    ALTER COLUMN best_effort SET DEFAULT false;

COMMENT ON COLUMN dagapp.workflow_tasks.best_effort IS
    'True: the run goes on when the task fails, as if it had been skipped.';

COMMIT;

-- Step 2: The rows that were there, a few at a time
-- batch rows=5000 target=500ms
UPDATE dagapp.workflow_tasks SET best_effort = false WHERE best_effort IS NULL;

-- Step 3: NOT NULL. With the check validated, SET NOT NULL takes its word for it.
ALTER TABLE dagapp.workflow_tasks
    ADD CONSTRAINT workflow_tasks_best_effort_check CHECK (best_effort IS NOT NULL) NOT VALID;

ALTER TABLE dagapp.workflow_tasks VALIDATE CONSTRAINT workflow_tasks_best_effort_check;

BEGIN;

ALTER TABLE dagapp.workflow_tasks ALTER COLUMN best_effort SET NOT NULL;

ALTER TABLE dagapp.workflow_tasks DROP CONSTRAINT workflow_tasks_best_effort_check;

COMMIT;

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
        ('dagapp.workflow_tasks', 'best_effort', 'boolean', 'true')
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
            USING HINT = 'Run 007_add_best_effort_rollback.sql, find out why, apply 0.7.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.7.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.7.0 completed successfully'; END $$;
