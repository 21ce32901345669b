-- ============================================================================
-- MIGRATION: 008_unique_approved_version.sql
-- ============================================================================
-- VERSION:     0.8.0
-- TICKET:      CHG-2026-0108
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-04-29
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-05-04
-- ============================================================================
-- DESCRIPTION:
--   Two approvals at the same moment gave the same version number to two assets. A unique index
--   now keeps it from happening. Doubles are looked for first; the index is built CONCURRENTLY,
--   while assets are written.
--
-- DEPENDENCIES:
--   - Requires migration 007 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.geospatial_assets
--   - Estimated duration: 2 minutes
--   - Downtime required: No
--   - Lock escalation risk: Low
--
-- ROLLBACK:
--   - Rollback script: 008_unique_approved_version_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Automatic
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
        WHERE ledger.version = '0.7.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.8.0 needs migration 0.7.0, which is not applied'
            USING HINT = 'Apply 007_add_best_effort.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.8.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.8.0 is applied already'
            USING HINT = 'To apply it again, run 008_unique_approved_version_rollback.sql first.';
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
      AND held.relation IN (to_regclass('dagapp.geospatial_assets'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.8.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: No two approved assets of a lineage have the same version, or the index cannot be built
DO $$
DECLARE
    doubles TEXT;
BEGIN
    SELECT string_agg(format('%s version %s', double.lineage_id, double.version_ordinal), ', ') INTO doubles
    FROM (
        SELECT asset.lineage_id, asset.version_ordinal
        FROM dagapp.geospatial_assets AS asset
        WHERE asset.approval_state = 'approved' AND asset.deleted_at IS NULL AND asset.lineage_id IS NOT NULL
        GROUP BY asset.lineage_id, asset.version_ordinal
        HAVING count(*) > 1
        ORDER BY asset.lineage_id, asset.version_ordinal
        LIMIT 10
    ) AS double;

    IF doubles IS NOT NULL THEN
        RAISE EXCEPTION 'Approved twice, up to ten are named: %', doubles
            USING HINT = 'Have the application team revoke all but one of each, then start again.';
    END IF;
END $$;

-- Check 5: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    ('0.8.0', 'One approved asset for each version of a lineage', now(), false, session_user, 'CHG-2026-0108')
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

CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_geospatial_assets_approved_version
    ON dagapp.geospatial_assets (lineage_id, version_ordinal)
    WHERE approval_state = 'approved' AND deleted_at IS NULL AND lineage_id IS NOT NULL;

-- ============================================================================
-- POST-FLIGHT VALIDATION
-- ============================================================================
-- Every object this migration makes is looked for; only behind them all is it applied.

-- Validation 1: indexes exist and are valid
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.index_name, ', ' ORDER BY expected.index_name) INTO missing
    FROM (VALUES
        ('dagapp.idx_geospatial_assets_approved_version')
    ) AS expected (index_name)
    LEFT JOIN pg_catalog.pg_index AS found
        ON found.indexrelid = to_regclass(expected.index_name) AND found.indisvalid AND found.indisready
    WHERE found.indexrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or invalid index: %', missing
            USING HINT = 'Run 008_unique_approved_version_rollback.sql, find out why, apply 0.8.0 again.';
    END IF;
END $$;

-- Validation 2: the index is unique
DO $$
BEGIN
    IF NOT (SELECT found.indisunique FROM pg_catalog.pg_index AS found
            WHERE found.indexrelid = to_regclass('dagapp.idx_geospatial_assets_approved_version')) THEN
        RAISE EXCEPTION 'Validation failed: idx_geospatial_assets_approved_version is not unique'
            USING HINT = 'Run 008_unique_approved_version_rollback.sql, find out why, apply 0.8.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.8.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.8.0 completed successfully'; END $$;
