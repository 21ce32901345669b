-- ============================================================================
-- ROLLBACK: 005_add_revocation_columns_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0105
-- ROLLS BACK:  0.5.0
-- ============================================================================
-- WARNING: Drops the columns with what they hold: who revoked an asset, when and why. Nothing is
-- archived; only a backup brings it back.
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
          > ARRAY[0, 5, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.5.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Step 1: Index and columns; dropping the index waits for the same lock as dropping its columns
DROP INDEX IF EXISTS dagapp.idx_geospatial_assets_revoked;

ALTER TABLE IF EXISTS dagapp.geospatial_assets
    DROP CONSTRAINT IF EXISTS geospatial_assets_revocation_check,
    DROP COLUMN IF EXISTS revocation_reason,
    DROP COLUMN IF EXISTS revoked_by,
    DROP COLUMN IF EXISTS revoked_at,
    DROP COLUMN IF EXISTS approval_notes;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.5.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.5.0 completed'; END $$;
