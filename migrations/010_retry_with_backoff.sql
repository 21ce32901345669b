-- ============================================================================
-- MIGRATION: 010_retry_with_backoff.sql
-- ============================================================================
-- VERSION:     0.10.0
-- TICKET:      CHG-2026-0110
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-05-13
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-05-15
-- ============================================================================
-- DESCRIPTION:
--   A task that failed was tried again at once. dagapp.increment_task_retry_count now takes the
--   error, sets when the task may run again (30 s, doubled with each attempt, at most 10
--   minutes) and returns that time. A result that changes needs DROP and CREATE; both are in one
--   transaction, and the default privileges give the service role its EXECUTE on the new
--   function, so that no caller meets a moment without it. A call with the task alone goes on
--   working.
--
-- DEPENDENCIES:
--   - Requires migration 009 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.tasks
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 010_retry_with_backoff_rollback.sql
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
        WHERE ledger.version = '0.9.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.10.0 needs migration 0.9.0, which is not applied'
            USING HINT = 'Apply 009_widen_event_duration.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.10.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.10.0 is applied already'
            USING HINT = 'To apply it again, run 010_retry_with_backoff_rollback.sql first.';
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
      AND held.relation IN (to_regclass('dagapp.tasks'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.10.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.10.0', 'Retries that wait longer each time', now(), false, session_user, 'CHG-2026-0110')
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

-- Step 1: The column; nullable, so no row is rewritten
ALTER TABLE dagapp.tasks ADD COLUMN execute_after TIMESTAMPTZ;

COMMENT ON COLUMN dagapp.tasks.execute_after IS 'Not before this time; NULL is at once.';

-- Step 2: The function with its new signature
DROP FUNCTION dagapp.increment_task_retry_count(VARCHAR);

CREATE FUNCTION dagapp.increment_task_retry_count(p_task_id VARCHAR, p_error TEXT DEFAULT NULL)
RETURNS TABLE (new_retry_count INTEGER, new_execute_after TIMESTAMPTZ)
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
BEGIN
    RETURN QUERY
    UPDATE dagapp.tasks AS task
    SET retry_count = task.retry_count + 1,
        status = 'pending_retry',
        error_details = coalesce(p_error, task.error_details),
        execute_after = clock_timestamp()
            + make_interval(secs => least(30 * power(2, least(task.retry_count, 10)), 600))
    WHERE task.task_id = p_task_id
      AND task.status NOT IN ('completed', 'cancelled')
    RETURNING task.retry_count, task.execute_after;
END;
$$;

COMMENT ON FUNCTION dagapp.increment_task_retry_count(VARCHAR, TEXT) IS
    'Counts one more attempt, keeps the error, sets the task to pending_retry and says when it may run again. '
    'No row when there is no such task, or when it is completed or cancelled.';

COMMIT;

-- Step 3: An index by which workers find the tasks that are due
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_tasks_due
    ON dagapp.tasks (execute_after, created_at) WHERE status = 'pending_retry';

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
        ('dagapp.tasks', 'execute_after', 'timestamptz', 'false')
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
            USING HINT = 'Run 010_retry_with_backoff_rollback.sql, find out why, apply 0.10.0 again.';
    END IF;
END $$;

-- Validation 2: the function exists, and only in its new form
DO $$
BEGIN
    IF to_regprocedure('dagapp.increment_task_retry_count(varchar, text)') IS NULL
        OR to_regprocedure('dagapp.increment_task_retry_count(varchar)') IS NOT NULL
    THEN
        RAISE EXCEPTION 'Validation failed: increment_task_retry_count does not have its new signature alone'
            USING HINT = 'Run 010_retry_with_backoff_rollback.sql, find out why, apply 0.10.0 again.';
    END IF;
END $$;

-- Validation 3: whoever may call its neighbours may call it, and nobody else
DO $$
BEGIN
    IF (
        SELECT count(DISTINCT (
            SELECT array_agg(held.entry::TEXT ORDER BY held.entry::TEXT)
            FROM unnest(coalesce(found.proacl, acldefault('f', found.proowner))) AS held (entry)
        ))
        FROM pg_catalog.pg_proc AS found
        WHERE found.oid IN (
            to_regprocedure('dagapp.increment_task_retry_count(varchar, text)'),
            to_regprocedure('dagapp.check_job_completion(varchar)')
        )
    ) <> 1 THEN
        RAISE EXCEPTION 'Validation failed: the rights on increment_task_retry_count are not those of its neighbours'
            USING HINT = format('Run 010_retry_with_backoff_rollback.sql; look at the default privileges of %s.', current_user);
    END IF;
END $$;

-- Validation 4: indexes exist and are valid
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.index_name, ', ' ORDER BY expected.index_name) INTO missing
    FROM (VALUES
        ('dagapp.idx_tasks_due')
    ) AS expected (index_name)
    LEFT JOIN pg_catalog.pg_index AS found
        ON found.indexrelid = to_regclass(expected.index_name) AND found.indisvalid AND found.indisready
    WHERE found.indexrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or invalid index: %', missing
            USING HINT = 'Run 010_retry_with_backoff_rollback.sql, find out why, apply 0.10.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.10.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.10.0 completed successfully'; END $$;
