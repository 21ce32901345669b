-- ============================================================================
-- ROLLBACK: 014_dataset_tables_rollback.sql
-- ============================================================================
-- TICKET:      pending
-- ROLLS BACK:  0.14.0
-- ============================================================================
-- WARNING: Datasets that were made stay, as tables of nobody's migration: drop them before.
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
          > ARRAY[0, 14, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.14.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

DROP FUNCTION IF EXISTS geoapi.drop_dataset_table(TEXT);

DROP FUNCTION IF EXISTS geoapi.create_dataset_table(TEXT, JSONB, TEXT, INTEGER);

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.14.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.14.0 completed'; END $$;
