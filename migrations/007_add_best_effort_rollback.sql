-- ============================================================================
-- ROLLBACK: 007_add_best_effort_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0107
-- ROLLS BACK:  0.7.0
-- ============================================================================
-- WARNING: Drops the column. Which tasks were best effort is lost; until the application uses
-- it, all are false.
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
          > ARRAY[0, 7, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.7.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

ALTER TABLE IF EXISTS dagapp.workflow_tasks
    DROP CONSTRAINT IF EXISTS workflow_tasks_best_effort_check,
    DROP COLUMN IF EXISTS best_effort;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.7.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.7.0 completed'; END $$;
