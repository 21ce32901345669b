-- ============================================================================
-- ROLLBACK: 009_widen_event_duration_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0109
-- ROLLS BACK:  0.9.0
-- ============================================================================
-- WARNING: Writes dagapp.job_events anew under a lock against all use: choose a quiet hour.
-- Refused by PostgreSQL (22003) while an event holds a duration that an INTEGER cannot.
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
          > ARRAY[0, 9, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.9.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Step 1: What an interrupted run has left
DROP TRIGGER IF EXISTS copy_job_event_duration ON dagapp.job_events;
DROP FUNCTION IF EXISTS dagapp.copy_event_duration();

ALTER TABLE IF EXISTS dagapp.job_events
    DROP COLUMN IF EXISTS duration_ms_wide;

-- Step 2: The narrow type again; nothing happens where the column still has it
ALTER TABLE IF EXISTS dagapp.job_events
    ALTER COLUMN duration_ms TYPE INTEGER;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.9.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.9.0 completed'; END $$;
