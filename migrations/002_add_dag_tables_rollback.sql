-- ============================================================================
-- ROLLBACK: 002_add_dag_tables_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0102
-- ROLLS BACK:  0.2.0
-- ============================================================================
-- WARNING: Drops all workflow runs, their tasks and edges, running ones included. Stop the
-- orchestrator first. Nothing is archived; only a backup brings rows back.
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
          > ARRAY[0, 2, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.2.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Step 1: Tables, those that refer to others first; indexes, constraints and triggers go with them
DROP TABLE IF EXISTS dagapp.workflow_task_deps;
DROP TABLE IF EXISTS dagapp.workflow_tasks;
DROP TABLE IF EXISTS dagapp.workflow_runs;

-- Step 2: Enum types
DROP TYPE IF EXISTS dagapp.workflow_task_status;
DROP TYPE IF EXISTS dagapp.workflow_run_status;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.2.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.2.0 completed'; END $$;
