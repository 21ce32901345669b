-- ============================================================================
-- ROLLBACK: 012_retire_dataset_approvals_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0112
-- ROLLS BACK:  0.12.0
-- ============================================================================
-- WARNING: The table gets its name back; no row is touched.
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
          > ARRAY[0, 12, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.12.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

DO $$
BEGIN
    IF to_regclass('dagapp.dataset_approvals_retired') IS NULL THEN
        RETURN; -- 0.12.0 has not been here, or was undone.
    END IF;

    ALTER TABLE dagapp.dataset_approvals_retired RENAME TO dataset_approvals;

    COMMENT ON TABLE dagapp.dataset_approvals IS
        'Decisions to publish a data set. To be replaced by the approval columns of the assets.';
END $$;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.12.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.12.0 completed'; END $$;
