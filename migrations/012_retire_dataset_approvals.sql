-- ============================================================================
-- MIGRATION: 012_retire_dataset_approvals.sql
-- ============================================================================
-- VERSION:     0.12.0
-- TICKET:      CHG-2026-0112
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-05-27
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-05-29
-- ============================================================================
-- DESCRIPTION:
--   Approvals moved onto the assets with 003. dagapp.dataset_approvals gets another name, so
--   that whoever still uses it is found while its rows are there and the name can be given back
--   at once, and the mark from which its delayed drop counts. 013 drops it, a week later at the
--   earliest.
--
-- DEPENDENCIES:
--   - Requires migration 011 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.dataset_approvals, dagapp.dataset_approvals_retired
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 012_retire_dataset_approvals_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Automatic
--
-- EXCEPTIONS:
--   - renaming-table: nothing uses it any more; the rename is the first half of the delayed drop
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
        WHERE ledger.version = '0.11.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.12.0 needs migration 0.11.0, which is not applied'
            USING HINT = 'Apply 011_add_table_groups_and_routes.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.12.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.12.0 is applied already'
            USING HINT = 'To apply it again, run 012_retire_dataset_approvals_rollback.sql first.';
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
      AND held.relation IN (to_regclass('dagapp.dataset_approvals'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.12.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.12.0', 'dataset_approvals out of use', now(), false, session_user, 'CHG-2026-0112')
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

ALTER TABLE dagapp.dataset_approvals RENAME TO dataset_approvals_retired;

COMMENT ON TABLE dagapp.dataset_approvals_retired IS
    'drop after 2026-06-12: decisions to publish a data set, which moved onto the assets with 003';

COMMIT;

-- ============================================================================
-- POST-FLIGHT VALIDATION
-- ============================================================================
-- Every object this migration makes is looked for; only behind them all is it applied.

-- Validation 1: tables exist
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.table_name, ', ' ORDER BY expected.table_name) INTO missing
    FROM (VALUES
        ('dagapp.dataset_approvals_retired')
    ) AS expected (table_name)
    LEFT JOIN pg_catalog.pg_class AS found
        ON found.oid = to_regclass(expected.table_name) AND found.relkind = 'r'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing table: %', missing
            USING HINT = 'Run 012_retire_dataset_approvals_rollback.sql, find out why, apply 0.12.0 again.';
    END IF;
END $$;

-- Validation 2: nothing has the old name
DO $$
BEGIN
    IF to_regclass('dagapp.dataset_approvals') IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: dagapp.dataset_approvals is still there'
            USING HINT = 'Run 012_retire_dataset_approvals_rollback.sql, find out why, apply 0.12.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.12.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.12.0 completed successfully'; END $$;
