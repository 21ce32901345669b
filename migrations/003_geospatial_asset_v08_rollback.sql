-- ============================================================================
-- ROLLBACK: 003_geospatial_asset_v08_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0103
-- ROLLS BACK:  0.3.0
-- ============================================================================
-- WARNING: Drops all assets with their revisions, approvals and clearances, all platforms,
-- and the columns asset_id and platform_id of jobs and api_requests with what they hold.
-- Nothing is archived; only a backup brings it back.
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
          > ARRAY[0, 3, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.3.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Step 1: Columns on the tables of 001. First, because they take the strongest lock. Dropping an
-- index waits for the same lock as dropping its column, so CONCURRENTLY would gain nothing here.
DROP INDEX IF EXISTS dagapp.idx_api_requests_platform_id;
DROP INDEX IF EXISTS dagapp.idx_api_requests_asset_id;
DROP INDEX IF EXISTS dagapp.idx_jobs_platform_id;
DROP INDEX IF EXISTS dagapp.idx_jobs_asset_id;

ALTER TABLE IF EXISTS dagapp.api_requests
    DROP COLUMN IF EXISTS platform_id,
    DROP COLUMN IF EXISTS asset_id;

ALTER TABLE IF EXISTS dagapp.jobs
    DROP COLUMN IF EXISTS platform_id,
    DROP COLUMN IF EXISTS asset_id;

-- Step 2: Functions
DROP FUNCTION IF EXISTS dagapp.seed_reference_data();
DROP FUNCTION IF EXISTS dagapp.upsert_geospatial_asset(
    VARCHAR, VARCHAR, JSONB, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, BOOLEAN,
    VARCHAR, INTEGER, VARCHAR, BOOLEAN, BOOLEAN
);

-- Step 3: Tables, those that refer to others first; indexes, constraints and triggers go with them
DROP TABLE IF EXISTS dagapp.asset_revisions;
DROP TABLE IF EXISTS dagapp.geospatial_assets;
DROP TABLE IF EXISTS dagapp.platforms;

-- Step 4: Enum types
DROP TYPE IF EXISTS dagapp.processing_status;
DROP TYPE IF EXISTS dagapp.clearance_state;
DROP TYPE IF EXISTS dagapp.approval_state;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.3.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.3.0 completed'; END $$;
