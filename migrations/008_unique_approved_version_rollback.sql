-- ============================================================================
-- ROLLBACK: 008_unique_approved_version_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0108
-- ROLLS BACK:  0.8.0
-- ============================================================================
-- WARNING: Two approvals at the same moment may give the same version number again. No row is
-- changed.
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
          > ARRAY[0, 8, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.8.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

DROP INDEX CONCURRENTLY IF EXISTS dagapp.idx_geospatial_assets_approved_version;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.8.0';

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.8.0 completed'; END $$;
