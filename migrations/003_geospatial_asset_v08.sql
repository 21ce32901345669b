-- ============================================================================
-- MIGRATION: 003_geospatial_asset_v08.sql
-- ============================================================================
-- VERSION:     0.3.0
-- TICKET:      CHG-2026-0103
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-03-30
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-04-01
-- ============================================================================
-- DESCRIPTION:
--   Makes client platforms, geospatial assets and their earlier revisions, and the function
--   that hands in an asset. Adds asset_id and platform_id to dagapp.jobs and
--   dagapp.api_requests: nullable, without default, so that no row is rewritten. The two
--   tables are locked against all use for some milliseconds; their new indexes are built
--   CONCURRENTLY afterwards. Brings in reference data by dagapp.seed_reference_data().
--   A rollback drops tables and columns with what they hold; that comes back only from a
--   backup.
--
-- DEPENDENCIES:
--   - Requires migration 002 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.platforms, dagapp.geospatial_assets, dagapp.asset_revisions,
--     dagapp.jobs, dagapp.api_requests
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Medium
--
-- ROLLBACK:
--   - Rollback script: 003_geospatial_asset_v08_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Manual
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
        WHERE ledger.version = '0.2.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.3.0 needs migration 0.2.0, which is not applied'
            USING HINT = 'Apply 002_add_dag_tables.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.3.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.3.0 is applied already'
            USING HINT = 'To apply it again, run 003_geospatial_asset_v08_rollback.sql first.';
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
      AND held.relation IN (to_regclass('dagapp.jobs'), to_regclass('dagapp.api_requests'))
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a table that 0.3.0 alters: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    (
        '0.3.0',
        'Geospatial assets with revisions, client platforms, reference data',
        now(),
        false,
        session_user,
        'CHG-2026-0103'
    )
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
-- Steps 1 to 7 are one transaction: all or nothing. Step 8 follows outside of it.

BEGIN;

-- Step 1: Columns on existing tables. First, because they take the strongest lock: taken later, it
-- would be an upgrade of a weaker one and could deadlock. Nullable without default: no rewrite.

ALTER TABLE dagapp.jobs
    ADD COLUMN asset_id VARCHAR(64),
    ADD COLUMN platform_id VARCHAR(50);

ALTER TABLE dagapp.api_requests
    ADD COLUMN asset_id VARCHAR(64),
    ADD COLUMN platform_id VARCHAR(50);

COMMENT ON COLUMN dagapp.jobs.asset_id IS
    'Asset the job works on. No foreign key: the asset refers to its job, and either may go first.';
COMMENT ON COLUMN dagapp.jobs.platform_id IS 'Client platform that asked for the job.';
COMMENT ON COLUMN dagapp.api_requests.asset_id IS
    'Asset that answers the request. No foreign key: the request stays when the asset is gone.';
COMMENT ON COLUMN dagapp.api_requests.platform_id IS 'Client platform that asked.';

-- Step 2: Enum types

CREATE TYPE dagapp.approval_state AS ENUM ('pending_review', 'approved', 'rejected');
CREATE TYPE dagapp.clearance_state AS ENUM ('uncleared', 'ouo', 'public');
CREATE TYPE dagapp.processing_status AS ENUM ('pending', 'processing', 'completed', 'failed');

COMMENT ON TYPE dagapp.clearance_state IS 'How far an asset may be shown; ouo is official use only.';

-- Step 3: Client platforms

CREATE TABLE dagapp.platforms (
    platform_id VARCHAR(50) NOT NULL,
    display_name VARCHAR(100) NOT NULL,
    description TEXT,
    required_refs JSONB NOT NULL DEFAULT '[]',
    optional_refs JSONB NOT NULL DEFAULT '[]',
    nominal_refs JSONB NOT NULL DEFAULT '[]',
    version_ref VARCHAR(50),
    uses_versioning BOOLEAN NOT NULL DEFAULT false,
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT platforms_pkey PRIMARY KEY (platform_id),
    CONSTRAINT platforms_platform_id_check CHECK (platform_id ~ '^[a-z0-9_]+$')
);

CREATE INDEX idx_platforms_active ON dagapp.platforms (is_active) WHERE is_active;

COMMENT ON TABLE dagapp.platforms IS
    'Client platforms and the identifiers by which each knows an asset. Reference data.';
COMMENT ON COLUMN dagapp.platforms.required_refs IS
    'Names of the identifiers every request must carry, as a JSON array.';
COMMENT ON COLUMN dagapp.platforms.optional_refs IS 'Names of those it may carry.';
COMMENT ON COLUMN dagapp.platforms.nominal_refs IS
    'Names of those that say which thing it is, leaving out the version: they make up the lineage.';
COMMENT ON COLUMN dagapp.platforms.version_ref IS 'Name of the identifier that tells the versions apart.';

-- Step 4: Assets

CREATE TABLE dagapp.geospatial_assets (
    asset_id VARCHAR(64) NOT NULL,
    platform_id VARCHAR(50) NOT NULL DEFAULT 'ddh',
    platform_refs JSONB NOT NULL,
    lineage_id VARCHAR(64),
    version_ordinal INTEGER NOT NULL DEFAULT 1,
    previous_asset_id VARCHAR(64),
    is_latest BOOLEAN NOT NULL DEFAULT true,
    is_served BOOLEAN NOT NULL DEFAULT true,
    data_type dagapp.data_type NOT NULL,
    table_name VARCHAR(63),
    blob_path VARCHAR(500),
    stac_item_id VARCHAR(200) NOT NULL,
    stac_collection_id VARCHAR(200) NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    current_job_id VARCHAR(64),
    content_hash VARCHAR(128),
    approval_state dagapp.approval_state NOT NULL DEFAULT 'pending_review',
    reviewer VARCHAR(200),
    reviewed_at TIMESTAMPTZ,
    rejection_reason TEXT,
    clearance_state dagapp.clearance_state NOT NULL DEFAULT 'uncleared',
    adf_run_id VARCHAR(100),
    cleared_at TIMESTAMPTZ,
    cleared_by VARCHAR(200),
    made_public_at TIMESTAMPTZ,
    made_public_by VARCHAR(200),
    deleted_at TIMESTAMPTZ,
    deleted_by VARCHAR(200),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    workflow_id VARCHAR(64),
    workflow_version INTEGER,
    job_count INTEGER NOT NULL DEFAULT 0,
    last_request_id VARCHAR(64),
    processing_status dagapp.processing_status NOT NULL DEFAULT 'pending',
    processing_started_at TIMESTAMPTZ,
    processing_completed_at TIMESTAMPTZ,
    last_error VARCHAR(2000),
    node_summary JSONB,
    priority INTEGER NOT NULL DEFAULT 5,
    estimated_completion_at TIMESTAMPTZ,
    source_file_hash VARCHAR(64),
    output_file_hash VARCHAR(64),
    CONSTRAINT geospatial_assets_pkey PRIMARY KEY (asset_id),
    CONSTRAINT geospatial_assets_current_job_id_fkey FOREIGN KEY (current_job_id)
        REFERENCES dagapp.jobs (job_id) ON DELETE SET NULL,
    CONSTRAINT geospatial_assets_data_type_check CHECK (data_type IN ('vector', 'raster')),
    CONSTRAINT geospatial_assets_priority_check CHECK (priority BETWEEN 1 AND 10),
    CONSTRAINT geospatial_assets_revision_check CHECK (revision >= 1),
    CONSTRAINT geospatial_assets_version_ordinal_check CHECK (version_ordinal >= 1),
    CONSTRAINT geospatial_assets_job_count_check CHECK (job_count >= 0)
);

CREATE INDEX idx_geospatial_assets_stac_item_id ON dagapp.geospatial_assets (stac_item_id);
CREATE INDEX idx_geospatial_assets_approval_state ON dagapp.geospatial_assets (approval_state);
CREATE INDEX idx_geospatial_assets_clearance_state ON dagapp.geospatial_assets (clearance_state);
CREATE INDEX idx_geospatial_assets_current_job_id ON dagapp.geospatial_assets (current_job_id);
CREATE INDEX idx_geospatial_assets_created_at ON dagapp.geospatial_assets (created_at DESC);
CREATE INDEX idx_geospatial_assets_pending_review ON dagapp.geospatial_assets (created_at)
    WHERE approval_state = 'pending_review' AND deleted_at IS NULL;
CREATE INDEX idx_geospatial_assets_active ON dagapp.geospatial_assets (asset_id)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_geospatial_assets_platform_id ON dagapp.geospatial_assets (platform_id);
CREATE INDEX idx_geospatial_assets_platform_refs ON dagapp.geospatial_assets USING gin (platform_refs);
CREATE UNIQUE INDEX idx_geospatial_assets_latest ON dagapp.geospatial_assets (lineage_id)
    WHERE is_latest AND deleted_at IS NULL;
CREATE INDEX idx_geospatial_assets_served ON dagapp.geospatial_assets (lineage_id)
    WHERE is_served AND deleted_at IS NULL;
CREATE INDEX idx_geospatial_assets_lineage_version
    ON dagapp.geospatial_assets (lineage_id, version_ordinal);
CREATE INDEX idx_geospatial_assets_processing_status ON dagapp.geospatial_assets (processing_status);
CREATE INDEX idx_geospatial_assets_workflow_id ON dagapp.geospatial_assets (workflow_id);
CREATE INDEX idx_geospatial_assets_processing_started_at
    ON dagapp.geospatial_assets (processing_started_at DESC);
CREATE INDEX idx_geospatial_assets_stuck ON dagapp.geospatial_assets (processing_started_at)
    WHERE processing_status = 'processing';
CREATE INDEX idx_geospatial_assets_failed ON dagapp.geospatial_assets (updated_at DESC)
    WHERE processing_status = 'failed';
CREATE INDEX idx_geospatial_assets_queue ON dagapp.geospatial_assets (priority, created_at)
    WHERE processing_status = 'pending';

COMMENT ON TABLE dagapp.geospatial_assets IS
    'One row for each version of a data set that a platform has handed in: where it is, who approved '
    'it, how far it may be shown, how its processing stands. Removed by deleted_at, not by DELETE.';
COMMENT ON COLUMN dagapp.geospatial_assets.asset_id IS 'Hash of platform_id and platform_refs.';
COMMENT ON COLUMN dagapp.geospatial_assets.platform_id IS
    'Row of dagapp.platforms. No foreign key: a platform may be retired before its assets.';
COMMENT ON COLUMN dagapp.geospatial_assets.lineage_id IS
    'Equal for all versions of one thing; at most one of them is the latest.';
COMMENT ON COLUMN dagapp.geospatial_assets.version_ordinal IS 'Place of the version in its lineage, from 1.';
COMMENT ON COLUMN dagapp.geospatial_assets.previous_asset_id IS
    'Version before this one. No foreign key: it may have been removed for good.';
COMMENT ON COLUMN dagapp.geospatial_assets.is_served IS
    'True for the versions clients may reach; several of a lineage may be served.';
COMMENT ON COLUMN dagapp.geospatial_assets.table_name IS 'Data table of a vector asset.';
COMMENT ON COLUMN dagapp.geospatial_assets.blob_path IS 'File of a raster asset.';
COMMENT ON COLUMN dagapp.geospatial_assets.revision IS
    'Counts how often the same version was handed in again; earlier ones are in asset_revisions.';
COMMENT ON COLUMN dagapp.geospatial_assets.current_job_id IS
    'Job that made the present revision; NULL once that job was cleaned up.';
COMMENT ON COLUMN dagapp.geospatial_assets.adf_run_id IS
    'Data Factory run that copied the asset to the public zone.';
COMMENT ON COLUMN dagapp.geospatial_assets.priority IS '1 is first, 10 is last.';
COMMENT ON COLUMN dagapp.geospatial_assets.node_summary IS 'How many tasks stand in which status.';

CREATE TRIGGER update_platforms_updated_at
    BEFORE UPDATE ON dagapp.platforms
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_geospatial_assets_updated_at
    BEFORE UPDATE ON dagapp.geospatial_assets
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();

-- Step 5: Earlier revisions

CREATE TABLE dagapp.asset_revisions (
    revision_id UUID NOT NULL DEFAULT gen_random_uuid(),
    asset_id VARCHAR(64) NOT NULL,
    revision INTEGER NOT NULL,
    job_id VARCHAR(64),
    content_hash VARCHAR(128),
    approval_state_at_supersession dagapp.approval_state NOT NULL,
    clearance_state_at_supersession dagapp.clearance_state NOT NULL,
    reviewer_at_supersession VARCHAR(200),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    superseded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT asset_revisions_pkey PRIMARY KEY (revision_id),
    CONSTRAINT asset_revisions_asset_id_revision_key UNIQUE (asset_id, revision),
    CONSTRAINT asset_revisions_asset_id_fkey FOREIGN KEY (asset_id)
        REFERENCES dagapp.geospatial_assets (asset_id) ON DELETE CASCADE,
    CONSTRAINT asset_revisions_job_id_fkey FOREIGN KEY (job_id)
        REFERENCES dagapp.jobs (job_id) ON DELETE SET NULL,
    CONSTRAINT asset_revisions_revision_check CHECK (revision >= 1)
);

CREATE INDEX idx_asset_revisions_job_id ON dagapp.asset_revisions (job_id);
CREATE INDEX idx_asset_revisions_superseded_at ON dagapp.asset_revisions (superseded_at DESC);

COMMENT ON TABLE dagapp.asset_revisions IS
    'What an asset was before it was handed in again, and what had been decided about it then.';
COMMENT ON COLUMN dagapp.asset_revisions.job_id IS
    'Job that made the revision; NULL once that job was cleaned up: the record stays.';
COMMENT ON COLUMN dagapp.asset_revisions.created_at IS
    'When the asset was first handed in, or its revision before this one was superseded.';

-- Step 6: Handing in an asset

CREATE FUNCTION dagapp.upsert_geospatial_asset(
    p_asset_id VARCHAR,
    p_platform_id VARCHAR,
    p_platform_refs JSONB,
    p_data_type VARCHAR,
    p_stac_item_id VARCHAR,
    p_stac_collection_id VARCHAR,
    p_table_name VARCHAR DEFAULT NULL,
    p_blob_path VARCHAR DEFAULT NULL,
    p_overwrite BOOLEAN DEFAULT false,
    p_lineage_id VARCHAR DEFAULT NULL,
    p_version_ordinal INTEGER DEFAULT NULL,
    p_previous_asset_id VARCHAR DEFAULT NULL,
    p_is_latest BOOLEAN DEFAULT NULL,
    p_is_served BOOLEAN DEFAULT NULL
)
RETURNS TABLE (operation VARCHAR, new_revision INTEGER, error_message TEXT)
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
DECLARE
    present dagapp.geospatial_assets%ROWTYPE;
    is_known BOOLEAN;
    lineage VARCHAR;
    latest BOOLEAN;
BEGIN
    -- Callers that hand in one asset, or two versions of one lineage, take turns. Always lineage
    -- before asset: two callers that lock both cannot wait for each other.
    lineage := coalesce(
        p_lineage_id,
        (SELECT asset.lineage_id FROM dagapp.geospatial_assets AS asset WHERE asset.asset_id = p_asset_id)
    );
    IF lineage IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('dagapp.lineage:' || lineage, 0));
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('dagapp.asset:' || p_asset_id, 0));

    SELECT asset.* INTO present
    FROM dagapp.geospatial_assets AS asset
    WHERE asset.asset_id = p_asset_id
    FOR UPDATE;
    is_known := FOUND;

    IF is_known AND present.platform_id <> p_platform_id THEN
        operation := 'error';
        new_revision := present.revision;
        error_message := format(
            'Asset %s belongs to platform %s, not to %s', p_asset_id, present.platform_id, p_platform_id
        );
        RETURN NEXT;
        RETURN;
    END IF;

    IF is_known AND present.deleted_at IS NULL AND p_overwrite IS NOT TRUE THEN
        operation := 'exists';
        new_revision := present.revision;
        error_message := format('Asset %s exists; ask for overwrite to replace it', p_asset_id);
        RETURN NEXT;
        RETURN;
    END IF;

    -- Not stated: a new asset is the latest; a known one keeps what it was, unless another version
    -- has become the latest while this one was deleted.
    latest := coalesce(
        p_is_latest,
        NOT is_known OR (
            present.is_latest AND NOT EXISTS (
                SELECT 1
                FROM dagapp.geospatial_assets AS other
                WHERE other.lineage_id = lineage
                  AND other.asset_id <> p_asset_id
                  AND other.is_latest
                  AND other.deleted_at IS NULL
            )
        )
    );
    IF latest AND lineage IS NOT NULL THEN
        UPDATE dagapp.geospatial_assets AS other
        SET is_latest = false
        WHERE other.lineage_id = lineage
          AND other.asset_id <> p_asset_id
          AND other.is_latest
          AND other.deleted_at IS NULL;
    END IF;

    IF NOT is_known THEN
        INSERT INTO dagapp.geospatial_assets (
            asset_id, platform_id, platform_refs, data_type, stac_item_id, stac_collection_id,
            table_name, blob_path, lineage_id, version_ordinal, previous_asset_id, is_latest, is_served
        )
        VALUES (
            p_asset_id, p_platform_id, p_platform_refs, p_data_type::dagapp.data_type,
            p_stac_item_id, p_stac_collection_id, p_table_name, p_blob_path, p_lineage_id,
            coalesce(p_version_ordinal, 1), p_previous_asset_id, latest, coalesce(p_is_served, true)
        );
        operation := 'created';
        new_revision := 1;
        RETURN NEXT;
        RETURN;
    END IF;

    -- The application may have filed the revision already; then its record counts.
    INSERT INTO dagapp.asset_revisions (
        asset_id, revision, job_id, content_hash, approval_state_at_supersession,
        clearance_state_at_supersession, reviewer_at_supersession, created_at
    )
    VALUES (
        present.asset_id, present.revision, present.current_job_id, present.content_hash,
        present.approval_state, present.clearance_state, present.reviewer,
        coalesce(
            (SELECT max(earlier.superseded_at)
             FROM dagapp.asset_revisions AS earlier
             WHERE earlier.asset_id = present.asset_id),
            present.created_at
        )
    )
    ON CONFLICT ON CONSTRAINT asset_revisions_asset_id_revision_key DO NOTHING;

    -- What was decided about the earlier revision does not hold for the new one.
    UPDATE dagapp.geospatial_assets AS asset
    SET platform_refs = p_platform_refs,
        data_type = p_data_type::dagapp.data_type,
        stac_item_id = p_stac_item_id,
        stac_collection_id = p_stac_collection_id,
        table_name = p_table_name,
        blob_path = p_blob_path,
        lineage_id = lineage,
        version_ordinal = coalesce(p_version_ordinal, asset.version_ordinal),
        previous_asset_id = coalesce(p_previous_asset_id, asset.previous_asset_id),
        is_latest = latest,
        is_served = coalesce(p_is_served, asset.is_served),
        revision = asset.revision + 1,
        current_job_id = NULL,
        content_hash = NULL,
        approval_state = 'pending_review',
        reviewer = NULL,
        reviewed_at = NULL,
        rejection_reason = NULL,
        clearance_state = 'uncleared',
        adf_run_id = NULL,
        cleared_at = NULL,
        cleared_by = NULL,
        made_public_at = NULL,
        made_public_by = NULL,
        deleted_at = NULL,
        deleted_by = NULL,
        processing_status = 'pending',
        processing_started_at = NULL,
        processing_completed_at = NULL,
        last_error = NULL,
        node_summary = NULL,
        estimated_completion_at = NULL,
        source_file_hash = NULL,
        output_file_hash = NULL
    WHERE asset.asset_id = p_asset_id
    RETURNING asset.revision INTO new_revision;

    operation := CASE WHEN present.deleted_at IS NULL THEN 'overwritten' ELSE 'reactivated' END;
    RETURN NEXT;
END;
$$;

COMMENT ON FUNCTION dagapp.upsert_geospatial_asset(
    VARCHAR, VARCHAR, JSONB, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, BOOLEAN,
    VARCHAR, INTEGER, VARCHAR, BOOLEAN, BOOLEAN
) IS
    'Hands in an asset. operation is created, reactivated (it had been deleted), overwritten, exists '
    '(nothing changed: overwrite was not asked for) or error (nothing changed: see error_message). '
    'reactivated and overwritten file the earlier revision, count one up and reset approval, '
    'clearance and processing; the caller then sets current_job_id. '
    'Lineage arguments that are NULL leave those of a known asset as they are.';

-- Step 7: Reference data

CREATE FUNCTION dagapp.seed_reference_data()
RETURNS INTEGER
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
DECLARE
    inserted INTEGER;
BEGIN
    INSERT INTO dagapp.platforms (
        platform_id, display_name, description, required_refs, optional_refs, nominal_refs,
        version_ref, uses_versioning, is_active
    )
    VALUES (
        'ddh',
        'Data Distribution Hub',
        'Catalog from which most data sets are handed in.',
        '["dataset_id", "resource_id", "version_id"]',
        '["title", "description", "access_level"]',
        '["dataset_id", "resource_id"]',
        'version_id',
        true,
        true
    )
    ON CONFLICT (platform_id) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    RETURN inserted;
END;
$$;

COMMENT ON FUNCTION dagapp.seed_reference_data() IS
    'Inserts the rows of reference data that are missing and returns how many; changes none that is '
    'there. Safe at any time. A migration that adds reference data replaces this function and calls it.';

SELECT dagapp.seed_reference_data();

COMMIT;

-- Step 8: Indexes on the tables that were there before. CONCURRENTLY, so that jobs can be written
-- meanwhile; it cannot run in a transaction, so each is on its own. An index that was left invalid by
-- an interrupted run is skipped by IF NOT EXISTS and found by the validation below.

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_asset_id
    ON dagapp.jobs (asset_id) WHERE asset_id IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_platform_id
    ON dagapp.jobs (platform_id) WHERE platform_id IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_api_requests_asset_id
    ON dagapp.api_requests (asset_id) WHERE asset_id IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_api_requests_platform_id
    ON dagapp.api_requests (platform_id) WHERE platform_id IS NOT NULL;

-- ============================================================================
-- POST-FLIGHT VALIDATION
-- ============================================================================
-- Every object this migration makes is looked for; only behind them all is it applied.

-- Validation 1: enum types with their labels
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(
        format('%s %s', expected.type_name, label.name), ', '
        ORDER BY expected.type_name, label.name
    )
    INTO missing
    FROM (VALUES
        ('dagapp.approval_state', 'pending_review approved rejected'),
        ('dagapp.clearance_state', 'uncleared ouo public'),
        ('dagapp.processing_status', 'pending processing completed failed')
    ) AS expected (type_name, labels)
    CROSS JOIN LATERAL unnest(string_to_array(expected.labels, ' ')) AS label (name)
    LEFT JOIN pg_catalog.pg_enum AS found
        ON found.enumtypid = to_regtype(expected.type_name) AND found.enumlabel = label.name
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing enum label: %', missing
            USING HINT = 'Run 003_geospatial_asset_v08_rollback.sql, find out why, apply 0.3.0 again.';
    END IF;
END $$;

-- Validation 2: tables exist
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(
        expected.table_name, ', '
        ORDER BY expected.table_name
    )
    INTO missing
    FROM (VALUES
        ('dagapp.platforms'),
        ('dagapp.geospatial_assets'),
        ('dagapp.asset_revisions')
    ) AS expected (table_name)
    LEFT JOIN pg_catalog.pg_class AS found
        ON found.oid = to_regclass(expected.table_name) AND found.relkind = 'r'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing table: %', missing
            USING HINT = 'Run 003_geospatial_asset_v08_rollback.sql, find out why, apply 0.3.0 again.';
    END IF;
END $$;

-- Validation 3: columns exist
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(
        format('%s.%s', expected.table_name, wanted.name), ', '
        ORDER BY expected.table_name, wanted.name
    )
    INTO missing
    FROM (VALUES
        ('dagapp.jobs', 'asset_id platform_id'),
        ('dagapp.api_requests', 'asset_id platform_id'),
        (
            'dagapp.platforms',
            'platform_id display_name description required_refs optional_refs nominal_refs '
            'version_ref uses_versioning is_active created_at updated_at'
        ),
        (
            'dagapp.geospatial_assets',
            'asset_id platform_id platform_refs lineage_id version_ordinal previous_asset_id '
            'is_latest is_served data_type table_name blob_path stac_item_id '
            'stac_collection_id revision current_job_id content_hash approval_state reviewer '
            'reviewed_at rejection_reason clearance_state adf_run_id cleared_at cleared_by '
            'made_public_at made_public_by deleted_at deleted_by created_at updated_at '
            'workflow_id workflow_version job_count last_request_id processing_status '
            'processing_started_at processing_completed_at last_error node_summary priority '
            'estimated_completion_at source_file_hash output_file_hash'
        ),
        (
            'dagapp.asset_revisions',
            'revision_id asset_id revision job_id content_hash approval_state_at_supersession '
            'clearance_state_at_supersession reviewer_at_supersession created_at '
            'superseded_at'
        )
    ) AS expected (table_name, columns)
    CROSS JOIN LATERAL unnest(string_to_array(expected.columns, ' ')) AS wanted (name)
    LEFT JOIN pg_catalog.pg_attribute AS found
        ON found.attrelid = to_regclass(expected.table_name)
        AND found.attname = wanted.name
        AND NOT found.attisdropped
    WHERE found.attrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing column: %', missing
            USING HINT = 'Run 003_geospatial_asset_v08_rollback.sql, find out why, apply 0.3.0 again.';
    END IF;
END $$;

-- Validation 4: columns whose type is an enum
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(
        format('%s.%s is not %s', expected.table_name, expected.column_name, expected.type_name), ', '
        ORDER BY expected.table_name, expected.column_name
    )
    INTO missing
    FROM (VALUES
        ('dagapp.geospatial_assets', 'data_type', 'dagapp.data_type'),
        ('dagapp.geospatial_assets', 'approval_state', 'dagapp.approval_state'),
        ('dagapp.geospatial_assets', 'clearance_state', 'dagapp.clearance_state'),
        ('dagapp.geospatial_assets', 'processing_status', 'dagapp.processing_status'),
        ('dagapp.asset_revisions', 'approval_state_at_supersession', 'dagapp.approval_state'),
        ('dagapp.asset_revisions', 'clearance_state_at_supersession', 'dagapp.clearance_state')
    ) AS expected (table_name, column_name, type_name)
    LEFT JOIN pg_catalog.pg_attribute AS found
        ON found.attrelid = to_regclass(expected.table_name)
        AND found.attname = expected.column_name
        AND found.atttypid = to_regtype(expected.type_name)
    WHERE found.attrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: wrong column type: %', missing
            USING HINT = 'Run 003_geospatial_asset_v08_rollback.sql, find out why, apply 0.3.0 again.';
    END IF;
END $$;

-- Validation 5: constraints exist and are validated
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(
        format('%s on %s', wanted.name, expected.table_name), ', '
        ORDER BY expected.table_name, wanted.name
    )
    INTO missing
    FROM (VALUES
        ('dagapp.platforms', 'platforms_pkey platforms_platform_id_check'),
        (
            'dagapp.geospatial_assets',
            'geospatial_assets_pkey geospatial_assets_current_job_id_fkey '
            'geospatial_assets_data_type_check geospatial_assets_priority_check '
            'geospatial_assets_revision_check geospatial_assets_version_ordinal_check '
            'geospatial_assets_job_count_check'
        ),
        (
            'dagapp.asset_revisions',
            'asset_revisions_pkey asset_revisions_asset_id_revision_key '
            'asset_revisions_asset_id_fkey asset_revisions_job_id_fkey '
            'asset_revisions_revision_check'
        )
    ) AS expected (table_name, constraints)
    CROSS JOIN LATERAL unnest(string_to_array(expected.constraints, ' ')) AS wanted (name)
    LEFT JOIN pg_catalog.pg_constraint AS found
        ON found.conrelid = to_regclass(expected.table_name)
        AND found.conname = wanted.name
        AND found.convalidated
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or not validated constraint: %', missing
            USING HINT = 'Run 003_geospatial_asset_v08_rollback.sql, find out why, apply 0.3.0 again.';
    END IF;
END $$;

-- Validation 6: indexes exist and are valid
-- An invalid index is what an interrupted CREATE INDEX CONCURRENTLY leaves behind.
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(
        expected.index_name, ', '
        ORDER BY expected.index_name
    )
    INTO missing
    FROM (VALUES
        ('dagapp.idx_platforms_active'),
        ('dagapp.idx_geospatial_assets_stac_item_id'),
        ('dagapp.idx_geospatial_assets_approval_state'),
        ('dagapp.idx_geospatial_assets_clearance_state'),
        ('dagapp.idx_geospatial_assets_current_job_id'),
        ('dagapp.idx_geospatial_assets_created_at'),
        ('dagapp.idx_geospatial_assets_pending_review'),
        ('dagapp.idx_geospatial_assets_active'),
        ('dagapp.idx_geospatial_assets_platform_id'),
        ('dagapp.idx_geospatial_assets_platform_refs'),
        ('dagapp.idx_geospatial_assets_latest'),
        ('dagapp.idx_geospatial_assets_served'),
        ('dagapp.idx_geospatial_assets_lineage_version'),
        ('dagapp.idx_geospatial_assets_processing_status'),
        ('dagapp.idx_geospatial_assets_workflow_id'),
        ('dagapp.idx_geospatial_assets_processing_started_at'),
        ('dagapp.idx_geospatial_assets_stuck'),
        ('dagapp.idx_geospatial_assets_failed'),
        ('dagapp.idx_geospatial_assets_queue'),
        ('dagapp.idx_asset_revisions_job_id'),
        ('dagapp.idx_asset_revisions_superseded_at'),
        ('dagapp.idx_jobs_asset_id'),
        ('dagapp.idx_jobs_platform_id'),
        ('dagapp.idx_api_requests_asset_id'),
        ('dagapp.idx_api_requests_platform_id')
    ) AS expected (index_name)
    LEFT JOIN pg_catalog.pg_index AS found
        ON found.indexrelid = to_regclass(expected.index_name) AND found.indisvalid AND found.indisready
    WHERE found.indexrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or invalid index: %', missing
            USING HINT = 'Run 003_geospatial_asset_v08_rollback.sql, find out why, apply 0.3.0 again.';
    END IF;
END $$;

-- Validation 7: functions run with the rights of the caller and a pinned search_path
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(
        expected.signature, ', '
        ORDER BY expected.signature
    )
    INTO missing
    FROM (VALUES
        (
            'dagapp.upsert_geospatial_asset('
            'varchar, varchar, jsonb, varchar, varchar, varchar, varchar, varchar,'
            'boolean, varchar, integer, varchar, boolean, boolean'
            ')'
        ),
        ('dagapp.seed_reference_data()')
    ) AS expected (signature)
    LEFT JOIN pg_catalog.pg_proc AS found
        ON found.oid = to_regprocedure(expected.signature)
        AND NOT found.prosecdef
        AND array_to_string(found.proconfig, ',') LIKE '%search_path=pg_catalog,%'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or unsafe function: %', missing
            USING HINT = 'Run 003_geospatial_asset_v08_rollback.sql, find out why, apply 0.3.0 again.';
    END IF;
END $$;

-- Validation 8: triggers exist and are enabled
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(
        format('%s on %s', expected.trigger_name, expected.table_name), ', '
        ORDER BY expected.table_name, expected.trigger_name
    )
    INTO missing
    FROM (VALUES
        ('dagapp.platforms', 'update_platforms_updated_at'),
        ('dagapp.geospatial_assets', 'update_geospatial_assets_updated_at')
    ) AS expected (table_name, trigger_name)
    LEFT JOIN pg_catalog.pg_trigger AS found
        ON found.tgrelid = to_regclass(expected.table_name)
        AND found.tgname = expected.trigger_name
        AND found.tgenabled = 'O'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or disabled trigger: %', missing
            USING HINT = 'Run 003_geospatial_asset_v08_rollback.sql, find out why, apply 0.3.0 again.';
    END IF;
END $$;

-- Validation 9: reference data is there
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM dagapp.platforms AS platform WHERE platform.platform_id = 'ddh') THEN
        RAISE EXCEPTION 'Validation failed: dagapp.platforms has no row ddh'
            USING HINT = 'Look at dagapp.seed_reference_data(), which inserts it.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.3.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.3.0 completed successfully'; END $$;
