-- ============================================================================
-- ROLLBACK: 010_retry_with_backoff_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0110
-- ROLLS BACK:  0.10.0
-- ============================================================================
-- WARNING: Drops execute_after with what it holds: tasks that wait for their next attempt may
-- run at once.
-- ============================================================================

-- Newest first: a later migration may rest on what this file drops.
DO $$
DECLARE
    later TEXT;
BEGIN
    SELECT string_agg(ledger.version, ', ' ORDER BY ledger.id DESC) INTO later
    FROM public.schema_migrations AS ledger
    WHERE ledger.applied
      AND string_to_array(substring(ledger.version FROM '^[0-9]+[.][0-9]+[.][0-9]+'), '.')::INTEGER[]
          > ARRAY[0, 10, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.10.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Step 1: The column
DROP INDEX IF EXISTS dagapp.idx_tasks_due;

ALTER TABLE IF EXISTS dagapp.tasks DROP COLUMN IF EXISTS execute_after;

-- Step 2: The function as it was; rights come from the default privileges
DO $$
BEGIN
    IF to_regprocedure('dagapp.increment_task_retry_count(varchar, text)') IS NULL THEN
        RETURN; -- 0.10.0 has not been here, or was undone.
    END IF;

    DROP FUNCTION dagapp.increment_task_retry_count(VARCHAR, TEXT);

    CREATE FUNCTION dagapp.increment_task_retry_count(p_task_id VARCHAR)
    RETURNS TABLE (new_retry_count INTEGER)
    LANGUAGE plpgsql
    SECURITY INVOKER
    SET search_path = pg_catalog, dagapp, pg_temp
    AS $body$
BEGIN
    RETURN QUERY
    UPDATE dagapp.tasks AS task
    SET retry_count = task.retry_count + 1,
        status = 'pending_retry'
    WHERE task.task_id = p_task_id
      AND task.status NOT IN ('completed', 'cancelled')
    RETURNING task.retry_count;
END;
$body$;

    COMMENT ON FUNCTION dagapp.increment_task_retry_count(VARCHAR) IS
        'Counts one more attempt and sets the task to pending_retry. '
        'No row when there is no such task, or when it is completed or cancelled.';
END $$;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.10.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.10.0 completed'; END $$;
