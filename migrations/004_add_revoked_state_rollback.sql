-- ============================================================================
-- ROLLBACK: 004_add_revoked_state_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0104
-- ROLLS BACK:  0.4.0
-- ============================================================================
-- WARNING: PostgreSQL cannot remove a value from an enum type. The value stays, unused; the
-- rollback refuses while an asset or a revision holds it.
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
          > ARRAY[0, 4, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.4.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

-- A row in that state would be one the application of the version before does not understand.
-- Compared as text: the value itself may not exist yet.
DO $$
DECLARE
    holders BIGINT;
BEGIN
    IF to_regclass('dagapp.asset_revisions') IS NULL THEN
        RETURN; -- 003 is not there.
    END IF;
    SELECT count(*) INTO holders
    FROM (
        SELECT asset.approval_state::TEXT AS state FROM dagapp.geospatial_assets AS asset
        UNION ALL
        SELECT revision.approval_state_at_supersession::TEXT FROM dagapp.asset_revisions AS revision
    ) AS held
    WHERE held.state = 'revoked';

    IF holders > 0 THEN
        RAISE EXCEPTION 'Cannot roll back 0.4.0: % row(s) hold the approval state revoked', holders
            USING HINT = 'Have the application team decide what becomes of them; see dagapp.geospatial_assets.';
    END IF;
END $$;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.4.0';

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.4.0 completed'; END $$;
