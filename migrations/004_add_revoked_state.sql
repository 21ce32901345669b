-- ============================================================================
-- MIGRATION: 004_add_revoked_state.sql
-- ============================================================================
-- VERSION:     0.4.0
-- TICKET:      CHG-2026-0104
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-04-08
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-04-10
-- ============================================================================
-- DESCRIPTION:
--   Adds the approval state revoked: an approved asset that must no longer be shown ends there,
--   with a record of who decided it. In a migration of its own, because a new enum value cannot
--   be used before its transaction has committed; 005 uses it. PostgreSQL cannot take a value
--   out of an enum type again: the rollback leaves it there unused, and refuses while a row
--   holds it.
--
-- DEPENDENCIES:
--   - Requires migration 003 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.geospatial_assets, dagapp.asset_revisions
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Low
--
-- ROLLBACK:
--   - Rollback script: 004_add_revoked_state_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Not possible
-- ============================================================================

-- ============================================================================
-- PRE-FLIGHT CHECKS
-- ============================================================================
-- Nothing has been changed when one of these fails. Stop and look into it.

-- Check 1: The role that runs this owns the schema, so that it will own what is made
DO $$
DECLARE
    strange TEXT;
BEGIN
    SELECT string_agg(wanted.name, ', ' ORDER BY wanted.name) INTO strange
    FROM (VALUES ('dagapp')) AS wanted (name)
    LEFT JOIN pg_catalog.pg_namespace AS found
        ON found.nspname = wanted.name AND pg_get_userbyid(found.nspowner) = current_user
    WHERE found.oid IS NULL;

    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'Schema % is missing or is not owned by %', strange, current_user
            USING HINT = 'Run this as the infrastructure role: PGOPTIONS=''-c role=NAME'' psql -f ...';
    END IF;
END $$;

-- Check 2: The version before is applied, this one is not
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.3.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.4.0 needs migration 0.3.0, which is not applied'
            USING HINT = 'Apply 003_geospatial_asset_v08.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.4.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.4.0 is applied already'
            USING HINT = 'To apply it again, run 004_add_revoked_state_rollback.sql first.';
    END IF;
END $$;

-- Check 3: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.4.0', 'Approval state revoked', now(), false, session_user, 'CHG-2026-0104')
ON CONFLICT (version) DO UPDATE SET
    description = EXCLUDED.description,
    started_at = now(),
    completed_at = NULL,
    applied = false,
    rolled_back_at = NULL,
    executed_by = EXCLUDED.executed_by,
    ticket_number = EXCLUDED.ticket_number;

-- ============================================================================
-- MIGRATION
-- ============================================================================

-- IF NOT EXISTS: the rollback cannot take the value out again, so a second run meets it.
BEGIN;

ALTER TYPE dagapp.approval_state ADD VALUE IF NOT EXISTS 'revoked' AFTER 'rejected';

COMMIT;

-- ============================================================================
-- POST-FLIGHT VALIDATION
-- ============================================================================
-- Every object this migration makes is looked for; only behind them all is it applied.

-- Validation 1: enum types have their labels
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(format('%s %s', expected.type_name, expected.label), ', ' ORDER BY expected.type_name, expected.label) INTO missing
    FROM (VALUES
        ('dagapp.approval_state', 'revoked')
    ) AS expected (type_name, label)
    LEFT JOIN pg_catalog.pg_enum AS found
        ON found.enumtypid = to_regtype(expected.type_name) AND found.enumlabel = expected.label
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing enum label: %', missing
            USING HINT = 'Run 004_add_revoked_state_rollback.sql, find out why, apply 0.4.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.4.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.4.0 completed successfully'; END $$;
