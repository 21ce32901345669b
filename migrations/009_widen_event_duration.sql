-- ============================================================================
-- MIGRATION: 009_widen_event_duration.sql
-- ============================================================================
-- VERSION:     0.9.0
-- TICKET:      CHG-2026-0109
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-05-06
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-05-11
-- ============================================================================
-- DESCRIPTION:
--   dagapp.job_events.duration_ms is an INTEGER and overflows after 24 days; some jobs wait
--   longer. job_events is the largest table, so its type is not changed in place, which would
--   write the whole table anew under a lock: a wide column is added, kept equal by a trigger,
--   filled in batches, and takes the place of the narrow one in a transaction of moments. The
--   column then stands last: code that reads job_events by position must name its columns.
--
-- DEPENDENCIES:
--   - Requires migration 008 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.job_events
--   - Estimated duration: 20 minutes for ten million events
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 009_widen_event_duration_rollback.sql
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
        WHERE ledger.version = '0.8.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.9.0 needs migration 0.8.0, which is not applied'
            USING HINT = 'Apply 008_unique_approved_version.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.9.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.9.0 is applied already'
            USING HINT = 'To apply it again, run 009_widen_event_duration_rollback.sql first.';
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
      AND held.relation IN (to_regclass('dagapp.job_events'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.9.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.9.0', 'Durations of job events as BIGINT', now(), false, session_user, 'CHG-2026-0109')
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

-- Step 1: The wide column, kept equal to the narrow one from here on
BEGIN;

ALTER TABLE dagapp.job_events
    ADD COLUMN duration_ms_wide BIGINT,
    ADD CONSTRAINT job_events_duration_ms_wide_check CHECK (duration_ms_wide >= 0) NOT VALID;

CREATE FUNCTION dagapp.copy_event_duration()
RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
BEGIN
    NEW.duration_ms_wide := NEW.duration_ms;
    RETURN NEW;
END;
$$;

COMMENT ON FUNCTION dagapp.copy_event_duration() IS 'Of migration 0.9.0, until its last step.';

CREATE TRIGGER copy_job_event_duration
    BEFORE INSERT OR UPDATE ON dagapp.job_events
    FOR EACH ROW EXECUTE FUNCTION dagapp.copy_event_duration();

COMMIT;

-- Step 2: The rows that were there, a few at a time
-- batch rows=10000 target=500ms
UPDATE dagapp.job_events SET duration_ms_wide = duration_ms
WHERE duration_ms IS NOT NULL AND duration_ms_wide IS NULL;

ALTER TABLE dagapp.job_events VALIDATE CONSTRAINT job_events_duration_ms_wide_check;

-- Step 3: Nothing is thrown away that was not copied
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM dagapp.job_events AS event
        WHERE event.duration_ms IS DISTINCT FROM event.duration_ms_wide
    ) THEN
        RAISE EXCEPTION 'dagapp.job_events has durations that were not copied'
            USING HINT = 'Was the trigger copy_job_event_duration disabled? Run the rollback, then start again.';
    END IF;
END $$;

-- Step 4: The wide column takes the place of the narrow one, under a lock of moments
BEGIN;

ALTER TABLE dagapp.job_events DROP COLUMN duration_ms;

ALTER TABLE dagapp.job_events RENAME COLUMN duration_ms_wide TO duration_ms;

ALTER TABLE dagapp.job_events
    RENAME CONSTRAINT job_events_duration_ms_wide_check TO job_events_duration_ms_check;

DROP TRIGGER copy_job_event_duration ON dagapp.job_events;

DROP FUNCTION dagapp.copy_event_duration();

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
        ('dagapp.job_events', 'duration_ms', 'bigint', 'false')
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
            USING HINT = 'Run 009_widen_event_duration_rollback.sql, find out why, apply 0.9.0 again.';
    END IF;
END $$;

-- Validation 2: constraints exist and are validated
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(format('%s on %s', expected.constraint_name, expected.table_name), ', ' ORDER BY expected.table_name, expected.constraint_name) INTO missing
    FROM (VALUES
        ('dagapp.job_events', 'job_events_duration_ms_check')
    ) AS expected (table_name, constraint_name)
    LEFT JOIN pg_catalog.pg_constraint AS found
        ON found.conrelid = to_regclass(expected.table_name)
        AND found.conname = expected.constraint_name
        AND found.convalidated
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or not validated constraint: %', missing
            USING HINT = 'Run 009_widen_event_duration_rollback.sql, find out why, apply 0.9.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.9.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.9.0 completed successfully'; END $$;
