-- ============================================================================
-- ROLLBACK: 011_add_table_groups_and_routes_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0111
-- ROLLS BACK:  0.11.0
-- ============================================================================
-- WARNING: Drops all routes and which tables belong together. Nothing is archived; only a backup
-- brings it back.
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
          > ARRAY[0, 11, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.11.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Step 1: The column on the table of 001. First, because it takes the strongest lock.
DROP INDEX IF EXISTS geoapi.idx_table_catalog_table_group;

ALTER TABLE IF EXISTS geoapi.table_catalog DROP COLUMN IF EXISTS table_group;

-- Step 2: Routes; indexes and constraints go with them
DROP TABLE IF EXISTS geoapi.b2b_routes;
DROP TABLE IF EXISTS geoapi.b2c_routes;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.11.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.11.0 completed'; END $$;
