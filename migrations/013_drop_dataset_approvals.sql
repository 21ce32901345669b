-- ============================================================================
-- MIGRATION: 013_drop_dataset_approvals.sql
-- ============================================================================
-- VERSION:     0.13.0
-- TICKET:      CHG-2026-0113
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-06-10
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-06-12
-- ============================================================================
-- DESCRIPTION:
--   Drops dagapp.dataset_approvals_retired, which 012 took out of use, and the type of its
--   status. A backup from before the drop is kept as the ticket says; the rollback makes the
--   table again, empty.
--
-- DEPENDENCIES:
--   - Requires migration 012 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.dataset_approvals_retired
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 013_drop_dataset_approvals_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Manual
--   - Backup reference: full backup of the night before, kept for 90 days (CHG-2026-0113)
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
        WHERE ledger.version = '0.12.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.13.0 needs migration 0.12.0, which is not applied'
            USING HINT = 'Apply 012_retire_dataset_approvals.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.13.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.13.0 is applied already'
            USING HINT = 'To apply it again, run 013_drop_dataset_approvals_rollback.sql first.';
    END IF;
END $$;

-- Check 3: No other session holds, or waits for, a strong lock on the tables that are altered.
-- Ordinary reads and writes pass: for those the lock timeout of the run is the remedy.
DO $$
DECLARE
    holders TEXT;
BEGIN
    SELECT string_agg(
        DISTINCT format('%s on %s by process %s', held.mode, held.relation::REGCLASS, held.pid), ', '
    )
    INTO holders
    FROM pg_catalog.pg_locks AS held
    JOIN pg_catalog.pg_database AS this ON this.oid = held.database
    WHERE this.datname = current_database()
      AND held.pid IS DISTINCT FROM pg_backend_pid()
      AND held.relation IN (to_regclass('dagapp.dataset_approvals_retired'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.13.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.13.0', 'dataset_approvals dropped', now(), false, session_user, 'CHG-2026-0113')
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

BEGIN;

DROP TABLE dagapp.dataset_approvals_retired;

DROP TYPE dagapp.approval_status;

COMMIT;

-- ============================================================================
-- POST-FLIGHT VALIDATION
-- ============================================================================
-- Every object this migration makes is looked for; only behind them all is it applied.

-- Validation 1: table and type are gone
DO $$
BEGIN
    IF to_regclass('dagapp.dataset_approvals_retired') IS NOT NULL
        OR to_regtype('dagapp.approval_status') IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: dagapp.dataset_approvals_retired or dagapp.approval_status is still there'
            USING HINT = 'Run 013_drop_dataset_approvals_rollback.sql, find out why, apply 0.13.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.13.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.13.0 completed successfully'; END $$;
