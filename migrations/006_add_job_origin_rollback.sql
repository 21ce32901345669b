-- ============================================================================
-- ROLLBACK: 006_add_job_origin_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0106
-- ROLLS BACK:  0.6.0
-- ============================================================================
-- WARNING: Drops both columns with what they hold. Nothing is archived; only a backup brings it
-- back.
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
          > ARRAY[0, 6, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.6.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Step 1: Indexes and columns
DROP INDEX IF EXISTS dagapp.idx_jobs_request_id;
DROP INDEX IF EXISTS dagapp.idx_jobs_etl_version;

ALTER TABLE IF EXISTS dagapp.jobs
    DROP COLUMN IF EXISTS request_id,
    DROP COLUMN IF EXISTS etl_version;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.6.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.6.0 completed'; END $$;
