-- ============================================================================
-- MIGRATION: 001_initial_schema.sql
-- ============================================================================
-- VERSION:     0.1.0
-- TICKET:      CHG-2026-0101
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-02-02
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-02-04
-- ============================================================================
-- DESCRIPTION:
--   Makes the core tables of the application in dagapp (jobs, tasks, events, requests,
--   approvals, rasters, files, services, maps, tracking), the catalog tables in geoapi, and
--   the functions of the job engine. All are new and empty.
--   A rollback drops them with their rows; these come back only from a backup.
--
-- DEPENDENCIES:
--   - None
--
-- IMPACT:
--   - Tables affected: geoapi.table_catalog, geoapi.feature_collection_styles,
--     dagapp.jobs, dagapp.tasks, dagapp.job_events, dagapp.job_metrics,
--     dagapp.janitor_runs, dagapp.api_requests, dagapp.unpublish_jobs,
--     dagapp.etl_source_files, dagapp.dataset_refs, dagapp.dataset_approvals,
--     dagapp.promoted_datasets, dagapp.cog_metadata, dagapp.raster_render_configs,
--     dagapp.artifacts, dagapp.vector_etl_tracking, dagapp.raster_etl_tracking,
--     dagapp.external_services, dagapp.map_states, dagapp.map_state_snapshots,
--     dagapp.system_snapshots
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Low
--
-- ROLLBACK:
--   - Rollback script: 001_initial_schema_rollback.sql
--   - Rollback tested: Yes
--   - Data recovery: Manual
-- ============================================================================

-- ============================================================================
-- PRE-FLIGHT CHECKS
-- ============================================================================
-- Nothing has been changed when one of these fails. Stop and look into it.

-- Check 1: The role that runs this owns the schemas, so that it will own what is made
DO $$
DECLARE
    strange TEXT;
BEGIN
    SELECT string_agg(wanted.name, ', ' ORDER BY wanted.name) INTO strange
    FROM (VALUES ('dagapp'), ('geoapi')) AS wanted (name)
    LEFT JOIN pg_catalog.pg_namespace AS found
        ON found.nspname = wanted.name AND pg_get_userbyid(found.nspowner) = current_user
    WHERE found.oid IS NULL;

    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'Schema % is missing or is not owned by %', strange, current_user
            USING HINT = 'Run this as the infrastructure role: PGOPTIONS=''-c role=NAME'' psql -f ...';
    END IF;
END $$;

-- Check 2: No migration is applied; this is the first
DO $$
DECLARE
    present TEXT;
BEGIN
    SELECT string_agg(ledger.version, ', ' ORDER BY ledger.id) INTO present
    FROM public.schema_migrations AS ledger
    WHERE ledger.applied;

    IF present IS NOT NULL THEN
        RAISE EXCEPTION 'Migration 0.1.0 is the first one, but the ledger has % as applied', present
            USING HINT = 'To apply 0.1.0 again, roll back every version first, newest first.';
    END IF;
END $$;

-- Check 3: No other session is changing or dropping the schemas. No table of an earlier
-- migration is touched, so there is no lock on a table to look for.
DO $$
DECLARE
    holders TEXT;
BEGIN
    SELECT string_agg(DISTINCT format('process %s', held.pid), ', ') INTO holders
    FROM pg_catalog.pg_locks AS held
    JOIN pg_catalog.pg_database AS this ON this.oid = held.database
    WHERE this.datname = current_database()
      AND held.pid IS DISTINCT FROM pg_backend_pid()
      AND held.classid = 'pg_catalog.pg_namespace'::REGCLASS
      AND held.objid IN ('dagapp'::REGNAMESPACE, 'geoapi'::REGNAMESPACE)
      AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'Another session locks a schema of this migration: %', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;

-- Check 4: Record the start
INSERT INTO public.schema_migrations
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    (
        '0.1.0',
        'Core tables of dagapp and catalog tables of geoapi',
        now(),
        false,
        session_user,
        'CHG-2026-0101'
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
-- One transaction: all or nothing. An index whose columns lead another index of its table is left out.

BEGIN;

-- Step 1: Enum types

CREATE TYPE dagapp.job_status AS ENUM (
    'queued', 'processing', 'completed', 'failed', 'completed_with_errors'
);
CREATE TYPE dagapp.task_status AS ENUM (
    'pending', 'queued', 'processing', 'completed', 'failed', 'retrying', 'pending_retry', 'cancelled'
);
CREATE TYPE dagapp.job_event_type AS ENUM (
    'job_created', 'job_message_received', 'job_started', 'job_completed', 'job_failed',
    'stage_started', 'stage_completed', 'stage_advancement_failed',
    'task_queued', 'task_started', 'task_completed', 'task_failed', 'task_retrying', 'task_not_found',
    'callback_started', 'callback_success', 'callback_failed',
    'status_update', 'checkpoint'
);
CREATE TYPE dagapp.job_event_status AS ENUM ('success', 'failure', 'warning', 'info', 'pending');
CREATE TYPE dagapp.janitor_run_type AS ENUM ('task_watchdog', 'job_health', 'orphan_detector');
CREATE TYPE dagapp.janitor_run_status AS ENUM ('running', 'completed', 'failed');
CREATE TYPE dagapp.data_type AS ENUM ('raster', 'vector', 'pointcloud', 'mesh_3d', 'tabular');
CREATE TYPE dagapp.unpublish_type AS ENUM ('raster', 'vector', 'stac_only');
CREATE TYPE dagapp.unpublish_status AS ENUM ('pending', 'dry_run', 'completed', 'failed', 'partial');
CREATE TYPE dagapp.access_level AS ENUM ('public', 'ouo', 'restricted');
CREATE TYPE dagapp.approval_status AS ENUM ('pending', 'approved', 'rejected', 'revoked');
CREATE TYPE dagapp.system_role AS ENUM ('admin0_boundaries', 'h3_land_grid');
CREATE TYPE dagapp.artifact_status AS ENUM ('pending', 'active', 'superseded', 'archived', 'deleted');
CREATE TYPE dagapp.service_type AS ENUM (
    'arcgis_mapserver', 'arcgis_featureserver', 'arcgis_imageserver',
    'wms', 'wfs', 'wmts', 'ogc_api_features', 'ogc_api_tiles', 'stac_api',
    'xyz_tiles', 'tms_tiles', 'cog_endpoint', 'generic_rest', 'unknown'
);
CREATE TYPE dagapp.service_status AS ENUM ('active', 'degraded', 'offline', 'unknown', 'maintenance');
CREATE TYPE dagapp.map_type AS ENUM ('maplibre', 'leaflet', 'openlayers');
CREATE TYPE dagapp.snapshot_trigger_type AS ENUM ('startup', 'scheduled', 'manual', 'drift_detected');
CREATE TYPE dagapp.etl_status AS ENUM ('pending', 'processing', 'completed', 'failed', 'superseded');

COMMENT ON TYPE dagapp.access_level IS
    'Who may see a data set; ouo is official use only, restricted is reserved and not served yet.';

-- Step 2: Trigger functions that keep updated_at. Each schema has its own, because geoapi is
-- replicated to partner databases that have no dagapp.

CREATE FUNCTION dagapp.update_updated_at_column()
RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;

COMMENT ON FUNCTION dagapp.update_updated_at_column() IS
    'Trigger BEFORE UPDATE FOR EACH ROW: sets updated_at to the time of the transaction.';

CREATE FUNCTION geoapi.update_updated_at_column()
RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, geoapi, pg_temp
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;

COMMENT ON FUNCTION geoapi.update_updated_at_column() IS
    'Trigger BEFORE UPDATE FOR EACH ROW: sets updated_at to the time of the transaction.';

-- Step 3: geoapi catalog. First, because the ETL tracking in dagapp refers to it.

CREATE TABLE geoapi.table_catalog (
    table_name VARCHAR(255) NOT NULL,
    schema_name VARCHAR(63) NOT NULL DEFAULT 'geoapi',
    title VARCHAR(500),
    description TEXT,
    keywords TEXT,
    license VARCHAR(100),
    attribution VARCHAR(500),
    bbox_minx DOUBLE PRECISION,
    bbox_miny DOUBLE PRECISION,
    bbox_maxx DOUBLE PRECISION,
    bbox_maxy DOUBLE PRECISION,
    temporal_start TIMESTAMPTZ,
    temporal_end TIMESTAMPTZ,
    temporal_property VARCHAR(100),
    geometry_type VARCHAR(50),
    primary_geometry VARCHAR(100) DEFAULT 'geom',
    srid INTEGER NOT NULL DEFAULT 4326,
    feature_count INTEGER,
    stac_collection_id VARCHAR(255),
    stac_item_id VARCHAR(255),
    stac_extensions JSONB,
    providers JSONB,
    sci_doi VARCHAR(255),
    sci_citation TEXT,
    table_type VARCHAR(50) NOT NULL DEFAULT 'user',
    column_definitions JSONB,
    custom_properties JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT table_catalog_pkey PRIMARY KEY (table_name),
    CONSTRAINT table_catalog_table_type_check CHECK (table_type IN ('user', 'curated', 'system')),
    CONSTRAINT table_catalog_feature_count_check CHECK (feature_count >= 0),
    CONSTRAINT table_catalog_bbox_check CHECK (bbox_miny <= bbox_maxy),
    CONSTRAINT table_catalog_temporal_check CHECK (temporal_start <= temporal_end)
);

CREATE INDEX idx_table_catalog_schema_name ON geoapi.table_catalog (schema_name);
CREATE INDEX idx_table_catalog_geometry_type ON geoapi.table_catalog (geometry_type);
CREATE INDEX idx_table_catalog_table_type ON geoapi.table_catalog (table_type);
CREATE INDEX idx_table_catalog_stac_collection_id ON geoapi.table_catalog (stac_collection_id)
    WHERE stac_collection_id IS NOT NULL;
CREATE INDEX idx_table_catalog_created_at ON geoapi.table_catalog (created_at DESC);

COMMENT ON TABLE geoapi.table_catalog IS
    'One row for each published vector table: what it holds, where it lies, how it is cited.';
COMMENT ON COLUMN geoapi.table_catalog.schema_name IS 'Schema that holds the data table itself.';
COMMENT ON COLUMN geoapi.table_catalog.bbox_minx IS
    'West edge in degrees; greater than bbox_maxx when the box crosses the antimeridian.';
COMMENT ON COLUMN geoapi.table_catalog.temporal_property IS
    'Column of the data table that carries the time of a feature.';
COMMENT ON COLUMN geoapi.table_catalog.primary_geometry IS
    'Geometry column of the data table that is served.';

CREATE TABLE geoapi.feature_collection_styles (
    id INTEGER GENERATED BY DEFAULT AS IDENTITY,
    collection_id VARCHAR(255) NOT NULL,
    style_id VARCHAR(100) NOT NULL,
    title VARCHAR(500),
    description TEXT,
    style_spec JSONB NOT NULL,
    is_default BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT feature_collection_styles_pkey PRIMARY KEY (id),
    CONSTRAINT feature_collection_styles_collection_id_style_id_key UNIQUE (collection_id, style_id)
);

CREATE UNIQUE INDEX idx_feature_collection_styles_default
    ON geoapi.feature_collection_styles (collection_id) WHERE is_default;

COMMENT ON TABLE geoapi.feature_collection_styles IS
    'Styles in which a feature collection can be drawn; at most one of them is the default.';
COMMENT ON COLUMN geoapi.feature_collection_styles.style_spec IS 'The style as CartoSym-JSON.';

-- Step 4: Jobs, their tasks and what is told about them

CREATE TABLE dagapp.jobs (
    job_id VARCHAR(64) NOT NULL,
    job_type VARCHAR(100) NOT NULL,
    parameters JSONB NOT NULL DEFAULT '{}',
    status dagapp.job_status NOT NULL DEFAULT 'queued',
    stage INTEGER NOT NULL DEFAULT 1,
    total_stages INTEGER NOT NULL DEFAULT 1,
    stage_results JSONB NOT NULL DEFAULT '{}',
    metadata JSONB NOT NULL DEFAULT '{}',
    result_data JSONB,
    error_details TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT jobs_pkey PRIMARY KEY (job_id),
    CONSTRAINT jobs_job_id_check CHECK (job_id ~ '^[0-9a-f]{64}$'),
    CONSTRAINT jobs_total_stages_check CHECK (total_stages >= 1),
    CONSTRAINT jobs_stage_check CHECK (stage BETWEEN 1 AND total_stages + 1)
);

CREATE INDEX idx_jobs_status ON dagapp.jobs (status);
CREATE INDEX idx_jobs_job_type ON dagapp.jobs (job_type);
CREATE INDEX idx_jobs_created_at ON dagapp.jobs (created_at);
CREATE INDEX idx_jobs_updated_at ON dagapp.jobs (updated_at);

COMMENT ON TABLE dagapp.jobs IS
    'One row for each unit of work that was asked for; it runs in stages of tasks.';
COMMENT ON COLUMN dagapp.jobs.job_id IS
    'SHA-256 of job type and parameters in lower-case hex: the same request is the same job.';
COMMENT ON COLUMN dagapp.jobs.stage IS
    'Stage that runs now, from 1; total_stages + 1 once the last stage has been left behind.';
COMMENT ON COLUMN dagapp.jobs.stage_results IS 'Result of each finished stage, keyed by its number as text.';

CREATE TABLE dagapp.tasks (
    task_id VARCHAR(100) NOT NULL,
    parent_job_id VARCHAR(64) NOT NULL,
    job_type VARCHAR(100) NOT NULL,
    task_type VARCHAR(100) NOT NULL,
    stage INTEGER NOT NULL,
    task_index VARCHAR(50) NOT NULL DEFAULT '0',
    parameters JSONB NOT NULL DEFAULT '{}',
    status dagapp.task_status NOT NULL DEFAULT 'pending',
    result_data JSONB,
    metadata JSONB NOT NULL DEFAULT '{}',
    error_details TEXT,
    retry_count INTEGER NOT NULL DEFAULT 0,
    last_pulse TIMESTAMPTZ,
    next_stage_params JSONB,
    checkpoint_phase INTEGER,
    checkpoint_data JSONB,
    checkpoint_updated_at TIMESTAMPTZ,
    target_queue VARCHAR(100),
    executed_by_app VARCHAR(100),
    execution_started_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT tasks_pkey PRIMARY KEY (task_id),
    CONSTRAINT tasks_parent_job_id_fkey FOREIGN KEY (parent_job_id)
        REFERENCES dagapp.jobs (job_id) ON DELETE CASCADE,
    CONSTRAINT tasks_stage_check CHECK (stage >= 1),
    CONSTRAINT tasks_retry_count_check CHECK (retry_count >= 0)
);

CREATE INDEX idx_tasks_parent_job_id_stage_status ON dagapp.tasks (parent_job_id, stage, status);
CREATE INDEX idx_tasks_status ON dagapp.tasks (status);
CREATE INDEX idx_tasks_last_pulse ON dagapp.tasks (last_pulse) WHERE last_pulse IS NOT NULL;
CREATE INDEX idx_tasks_retry_count ON dagapp.tasks (retry_count) WHERE retry_count > 0;
CREATE INDEX idx_tasks_target_queue ON dagapp.tasks (target_queue);
CREATE INDEX idx_tasks_executed_by_app ON dagapp.tasks (executed_by_app);
CREATE INDEX idx_tasks_checkpoint_phase ON dagapp.tasks (checkpoint_phase)
    WHERE checkpoint_phase IS NOT NULL;

COMMENT ON TABLE dagapp.tasks IS 'One row for each piece of a stage; the tasks of one stage run in parallel.';
COMMENT ON COLUMN dagapp.tasks.task_id IS 'Start of the job id, stage and index: a1b2c3d4-s1-0.';
COMMENT ON COLUMN dagapp.tasks.last_pulse IS
    'Last sign of life of the worker; the watchdog looks at its age.';
COMMENT ON COLUMN dagapp.tasks.next_stage_params IS 'What this task hands to the tasks of the next stage.';
COMMENT ON COLUMN dagapp.tasks.checkpoint_phase IS
    'Last phase that was finished; a task that is started again resumes behind it.';

CREATE TABLE dagapp.job_events (
    event_id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    job_id VARCHAR(64) NOT NULL,
    task_id VARCHAR(100),
    stage INTEGER,
    event_type dagapp.job_event_type NOT NULL,
    event_status dagapp.job_event_status NOT NULL DEFAULT 'info',
    checkpoint_name VARCHAR(100),
    event_data JSONB NOT NULL DEFAULT '{}',
    error_message VARCHAR(1000),
    duration_ms INTEGER,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT job_events_pkey PRIMARY KEY (event_id),
    CONSTRAINT job_events_job_id_fkey FOREIGN KEY (job_id)
        REFERENCES dagapp.jobs (job_id) ON DELETE CASCADE,
    CONSTRAINT job_events_duration_ms_check CHECK (duration_ms >= 0)
);

CREATE INDEX idx_job_events_job_id_created_at ON dagapp.job_events (job_id, created_at DESC);
CREATE INDEX idx_job_events_task_id ON dagapp.job_events (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX idx_job_events_created_at ON dagapp.job_events (created_at DESC);
CREATE INDEX idx_job_events_event_type ON dagapp.job_events (event_type);
CREATE INDEX idx_job_events_checkpoint_name ON dagapp.job_events (checkpoint_name)
    WHERE checkpoint_name IS NOT NULL;

COMMENT ON TABLE dagapp.job_events IS 'What happened to a job, in order of time; rows are only added.';
COMMENT ON COLUMN dagapp.job_events.task_id IS
    'Task the event is about. No foreign key: an event may name a task that was never found.';

CREATE TABLE dagapp.job_metrics (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    job_id VARCHAR(64) NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL DEFAULT now(),
    metric_type VARCHAR(50) NOT NULL DEFAULT 'snapshot',
    payload JSONB NOT NULL DEFAULT '{}',
    CONSTRAINT job_metrics_pkey PRIMARY KEY (id),
    CONSTRAINT job_metrics_metric_type_check
        CHECK (metric_type IN ('snapshot', 'event', 'error', 'debug'))
);

CREATE INDEX idx_job_metrics_job_id_timestamp ON dagapp.job_metrics (job_id, "timestamp" DESC);
CREATE INDEX idx_job_metrics_timestamp ON dagapp.job_metrics ("timestamp" DESC);

COMMENT ON TABLE dagapp.job_metrics IS
    'Measurements taken while a job runs. Made here, because the application may not create tables.';
COMMENT ON COLUMN dagapp.job_metrics.job_id IS
    'Job that was measured. No foreign key: measurements may outlive the job.';

CREATE TABLE dagapp.janitor_runs (
    run_id VARCHAR(36) NOT NULL,
    run_type dagapp.janitor_run_type NOT NULL,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    completed_at TIMESTAMPTZ,
    duration_ms INTEGER,
    status dagapp.janitor_run_status NOT NULL DEFAULT 'running',
    items_scanned INTEGER NOT NULL DEFAULT 0,
    items_fixed INTEGER NOT NULL DEFAULT 0,
    actions_taken JSONB NOT NULL DEFAULT '[]',
    error_details TEXT,
    CONSTRAINT janitor_runs_pkey PRIMARY KEY (run_id),
    CONSTRAINT janitor_runs_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT janitor_runs_items_check CHECK (items_scanned >= 0 AND items_fixed >= 0)
);

CREATE INDEX idx_janitor_runs_started_at ON dagapp.janitor_runs (started_at DESC);
CREATE INDEX idx_janitor_runs_run_type ON dagapp.janitor_runs (run_type);

COMMENT ON TABLE dagapp.janitor_runs IS 'Runs of the housekeeping that finds stuck tasks and orphans.';
COMMENT ON COLUMN dagapp.janitor_runs.run_id IS 'A UUID as text.';

-- Step 5: Requests, removal of published data, references of other systems

CREATE TABLE dagapp.api_requests (
    request_id VARCHAR(32) NOT NULL,
    dataset_id VARCHAR(255) NOT NULL,
    resource_id VARCHAR(255) NOT NULL,
    version_id VARCHAR(50) NOT NULL,
    job_id VARCHAR(64) NOT NULL,
    data_type dagapp.data_type NOT NULL,
    retry_count INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT api_requests_pkey PRIMARY KEY (request_id),
    CONSTRAINT api_requests_retry_count_check CHECK (retry_count >= 0)
);

CREATE INDEX idx_api_requests_dataset_id ON dagapp.api_requests (dataset_id);
CREATE INDEX idx_api_requests_created_at ON dagapp.api_requests (created_at);

COMMENT ON TABLE dagapp.api_requests IS 'What a client platform asked for and the job that answers it.';
COMMENT ON COLUMN dagapp.api_requests.request_id IS 'Hash of dataset_id, resource_id and version_id.';
COMMENT ON COLUMN dagapp.api_requests.job_id IS
    'Job that answers the request. No foreign key: the request stays when the job is cleaned up.';

CREATE TABLE dagapp.unpublish_jobs (
    unpublish_id VARCHAR(64) NOT NULL,
    unpublish_job_id VARCHAR(64) NOT NULL,
    unpublish_type dagapp.unpublish_type NOT NULL,
    original_job_id VARCHAR(64),
    original_job_type VARCHAR(100),
    original_parameters JSONB,
    stac_item_id VARCHAR(256) NOT NULL,
    collection_id VARCHAR(256) NOT NULL,
    artifacts_deleted JSONB NOT NULL DEFAULT '{}',
    collection_deleted BOOLEAN NOT NULL DEFAULT false,
    status dagapp.unpublish_status NOT NULL DEFAULT 'pending',
    dry_run BOOLEAN NOT NULL DEFAULT true,
    error_details TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    completed_at TIMESTAMPTZ,
    CONSTRAINT unpublish_jobs_pkey PRIMARY KEY (unpublish_id)
);

CREATE INDEX idx_unpublish_jobs_unpublish_job_id ON dagapp.unpublish_jobs (unpublish_job_id);
CREATE INDEX idx_unpublish_jobs_stac_item_id ON dagapp.unpublish_jobs (stac_item_id);
CREATE INDEX idx_unpublish_jobs_collection_id ON dagapp.unpublish_jobs (collection_id);
CREATE INDEX idx_unpublish_jobs_original_job_id ON dagapp.unpublish_jobs (original_job_id);
CREATE INDEX idx_unpublish_jobs_status ON dagapp.unpublish_jobs (status);
CREATE INDEX idx_unpublish_jobs_created_at ON dagapp.unpublish_jobs (created_at DESC);

COMMENT ON TABLE dagapp.unpublish_jobs IS 'Audit of every removal of published data, and of every rehearsal.';
COMMENT ON COLUMN dagapp.unpublish_jobs.unpublish_job_id IS 'Job that removes the data.';
COMMENT ON COLUMN dagapp.unpublish_jobs.original_job_id IS 'Job that had published the data.';
COMMENT ON COLUMN dagapp.unpublish_jobs.dry_run IS
    'True: only says what would be removed. The default, so that a removal is always asked for.';

CREATE TABLE dagapp.etl_source_files (
    id INTEGER GENERATED BY DEFAULT AS IDENTITY,
    etl_type VARCHAR(64) NOT NULL,
    source_blob_path VARCHAR(512) NOT NULL,
    source_container VARCHAR(100) NOT NULL,
    file_size_bytes BIGINT,
    source_metadata JSONB NOT NULL DEFAULT '{}',
    phase1_group_key VARCHAR(150),
    phase1_output_blob VARCHAR(512),
    phase1_job_id VARCHAR(64),
    phase1_completed_at TIMESTAMPTZ,
    phase2_group_key VARCHAR(150),
    phase2_output_blob VARCHAR(512),
    phase2_job_id VARCHAR(64),
    phase2_completed_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT etl_source_files_pkey PRIMARY KEY (id),
    CONSTRAINT etl_source_files_etl_type_source_blob_path_key UNIQUE (etl_type, source_blob_path),
    CONSTRAINT etl_source_files_file_size_bytes_check CHECK (file_size_bytes >= 0)
);

CREATE INDEX idx_etl_source_files_phase1_group
    ON dagapp.etl_source_files (etl_type, phase1_group_key);
CREATE INDEX idx_etl_source_files_phase2_group
    ON dagapp.etl_source_files (etl_type, phase2_group_key);
CREATE INDEX idx_etl_source_files_phase1_pending ON dagapp.etl_source_files (etl_type, phase1_group_key)
    WHERE phase1_completed_at IS NULL;
CREATE INDEX idx_etl_source_files_phase2_pending ON dagapp.etl_source_files (etl_type, phase2_group_key)
    WHERE phase1_completed_at IS NOT NULL AND phase2_completed_at IS NULL;

COMMENT ON TABLE dagapp.etl_source_files IS
    'Source files of the two-phase pipelines: phase 1 merges files into groups, phase 2 the groups.';

CREATE TABLE dagapp.dataset_refs (
    dataset_id VARCHAR(255) NOT NULL,
    data_type dagapp.data_type NOT NULL,
    ddh_dataset_id VARCHAR(100),
    ddh_resource_id VARCHAR(100),
    ddh_version_id VARCHAR(100),
    other_refs JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT dataset_refs_pkey PRIMARY KEY (dataset_id, data_type)
);

CREATE INDEX idx_dataset_refs_data_type ON dagapp.dataset_refs (data_type);
CREATE INDEX idx_dataset_refs_ddh_dataset_id ON dagapp.dataset_refs (ddh_dataset_id)
    WHERE ddh_dataset_id IS NOT NULL;
CREATE INDEX idx_dataset_refs_ddh_resource_id ON dagapp.dataset_refs (ddh_resource_id)
    WHERE ddh_resource_id IS NOT NULL;

COMMENT ON TABLE dagapp.dataset_refs IS
    'Under which names other catalogs know our data sets; ddh is the Data Distribution Hub.';

CREATE TABLE dagapp.dataset_approvals (
    approval_id VARCHAR(64) NOT NULL,
    job_id VARCHAR(64) NOT NULL,
    job_type VARCHAR(100) NOT NULL,
    classification dagapp.access_level NOT NULL DEFAULT 'ouo',
    status dagapp.approval_status NOT NULL DEFAULT 'pending',
    stac_item_id VARCHAR(100),
    stac_collection_id VARCHAR(100),
    reviewer VARCHAR(200),
    notes TEXT,
    rejection_reason TEXT,
    revoked_at TIMESTAMPTZ,
    revoked_by VARCHAR(200),
    revocation_reason TEXT,
    adf_run_id VARCHAR(100),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    reviewed_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT dataset_approvals_pkey PRIMARY KEY (approval_id)
);

CREATE INDEX idx_dataset_approvals_status ON dagapp.dataset_approvals (status);
CREATE INDEX idx_dataset_approvals_created_at ON dagapp.dataset_approvals (created_at DESC);
CREATE INDEX idx_dataset_approvals_job_id ON dagapp.dataset_approvals (job_id);
CREATE INDEX idx_dataset_approvals_stac_item_id ON dagapp.dataset_approvals (stac_item_id)
    WHERE stac_item_id IS NOT NULL;
CREATE INDEX idx_dataset_approvals_stac_collection_id ON dagapp.dataset_approvals (stac_collection_id)
    WHERE stac_collection_id IS NOT NULL;

COMMENT ON TABLE dagapp.dataset_approvals IS
    'Decisions to publish a data set. To be replaced by the approval columns of the assets.';
COMMENT ON COLUMN dagapp.dataset_approvals.adf_run_id IS
    'Data Factory run that copied the data to the public zone.';

CREATE TABLE dagapp.promoted_datasets (
    promoted_id VARCHAR(64) NOT NULL,
    stac_collection_id VARCHAR(100),
    stac_item_id VARCHAR(100),
    title VARCHAR(200),
    description VARCHAR(2000),
    thumbnail_url VARCHAR(500),
    thumbnail_generated_at TIMESTAMPTZ,
    tags JSONB NOT NULL DEFAULT '[]',
    viewer_config JSONB NOT NULL DEFAULT '{}',
    style_id VARCHAR(64),
    in_gallery BOOLEAN NOT NULL DEFAULT false,
    gallery_order INTEGER,
    is_system_reserved BOOLEAN NOT NULL DEFAULT false,
    system_role dagapp.system_role,
    classification dagapp.access_level NOT NULL DEFAULT 'public',
    promoted_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT promoted_datasets_pkey PRIMARY KEY (promoted_id),
    CONSTRAINT promoted_datasets_target_check
        CHECK (stac_collection_id IS NULL OR stac_item_id IS NULL),
    CONSTRAINT promoted_datasets_gallery_order_check CHECK (gallery_order >= 1)
);

CREATE INDEX idx_promoted_datasets_stac_collection_id ON dagapp.promoted_datasets (stac_collection_id)
    WHERE stac_collection_id IS NOT NULL;
CREATE INDEX idx_promoted_datasets_stac_item_id ON dagapp.promoted_datasets (stac_item_id)
    WHERE stac_item_id IS NOT NULL;
CREATE INDEX idx_promoted_datasets_in_gallery ON dagapp.promoted_datasets (in_gallery) WHERE in_gallery;
CREATE INDEX idx_promoted_datasets_gallery_order ON dagapp.promoted_datasets (gallery_order)
    WHERE gallery_order IS NOT NULL;
CREATE INDEX idx_promoted_datasets_system_role ON dagapp.promoted_datasets (system_role)
    WHERE system_role IS NOT NULL;

COMMENT ON TABLE dagapp.promoted_datasets IS
    'Data sets that are shown in the gallery or that the platform itself relies on.';
COMMENT ON COLUMN dagapp.promoted_datasets.stac_collection_id IS
    'Set when a whole collection is promoted; then stac_item_id is empty.';
COMMENT ON COLUMN dagapp.promoted_datasets.system_role IS
    'Part the data set plays for the platform, for those that are reserved for it.';

-- Step 6: Rasters, files and their tracking

CREATE TABLE dagapp.cog_metadata (
    cog_id VARCHAR(255) NOT NULL,
    container VARCHAR(100) NOT NULL,
    blob_path VARCHAR(500) NOT NULL,
    cog_url VARCHAR(1000) NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    band_count INTEGER DEFAULT 1,
    dtype VARCHAR(20) DEFAULT 'float32',
    nodata DOUBLE PRECISION,
    crs VARCHAR(100) DEFAULT 'EPSG:4326',
    transform JSONB,
    resolution JSONB,
    band_names JSONB,
    band_units JSONB,
    bbox_minx DOUBLE PRECISION,
    bbox_miny DOUBLE PRECISION,
    bbox_maxx DOUBLE PRECISION,
    bbox_maxy DOUBLE PRECISION,
    temporal_start TIMESTAMPTZ,
    temporal_end TIMESTAMPTZ,
    is_cog BOOLEAN DEFAULT true,
    overview_levels JSONB,
    compression VARCHAR(50),
    blocksize JSONB,
    colormap VARCHAR(50),
    rescale_range JSONB,
    eo_bands JSONB,
    raster_bands JSONB,
    title VARCHAR(500),
    description TEXT,
    keywords TEXT,
    license VARCHAR(100),
    providers JSONB,
    stac_extensions JSONB,
    stac_item_id VARCHAR(255),
    stac_collection_id VARCHAR(255),
    etl_job_id VARCHAR(64),
    source_file VARCHAR(500),
    source_format VARCHAR(50),
    source_crs VARCHAR(50),
    sci_doi VARCHAR(200),
    sci_citation TEXT,
    custom_properties JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT cog_metadata_pkey PRIMARY KEY (cog_id),
    CONSTRAINT cog_metadata_size_check CHECK (width > 0 AND height > 0 AND band_count > 0),
    CONSTRAINT cog_metadata_bbox_check CHECK (bbox_miny <= bbox_maxy),
    CONSTRAINT cog_metadata_temporal_check CHECK (temporal_start <= temporal_end)
);

CREATE INDEX idx_cog_metadata_container ON dagapp.cog_metadata (container);
CREATE INDEX idx_cog_metadata_created_at ON dagapp.cog_metadata (created_at DESC);
CREATE INDEX idx_cog_metadata_stac_collection_id ON dagapp.cog_metadata (stac_collection_id)
    WHERE stac_collection_id IS NOT NULL;
CREATE INDEX idx_cog_metadata_stac_item_id ON dagapp.cog_metadata (stac_item_id)
    WHERE stac_item_id IS NOT NULL;
CREATE INDEX idx_cog_metadata_etl_job_id ON dagapp.cog_metadata (etl_job_id)
    WHERE etl_job_id IS NOT NULL;

COMMENT ON TABLE dagapp.cog_metadata IS
    'One row for each cloud-optimised GeoTIFF: its grid, bands, extent and citation.';
COMMENT ON COLUMN dagapp.cog_metadata.transform IS 'The six numbers of the affine transform.';
COMMENT ON COLUMN dagapp.cog_metadata.resolution IS 'Size of a cell in units of the crs, x then y.';
COMMENT ON COLUMN dagapp.cog_metadata.nodata IS 'Value of cells without data; NULL when there is none.';

CREATE TABLE dagapp.raster_render_configs (
    id INTEGER GENERATED BY DEFAULT AS IDENTITY,
    cog_id VARCHAR(255) NOT NULL,
    render_id VARCHAR(100) NOT NULL,
    title VARCHAR(500),
    description TEXT,
    render_spec JSONB NOT NULL,
    is_default BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT raster_render_configs_pkey PRIMARY KEY (id),
    CONSTRAINT raster_render_configs_cog_id_render_id_key UNIQUE (cog_id, render_id),
    CONSTRAINT raster_render_configs_cog_id_fkey FOREIGN KEY (cog_id)
        REFERENCES dagapp.cog_metadata (cog_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX idx_raster_render_configs_default
    ON dagapp.raster_render_configs (cog_id) WHERE is_default;

COMMENT ON TABLE dagapp.raster_render_configs IS
    'Ways in which a raster can be drawn; at most one of them is the default.';
COMMENT ON COLUMN dagapp.raster_render_configs.render_spec IS
    'Parameters for the tile server: bands, rescale, colour map.';

CREATE TABLE dagapp.artifacts (
    artifact_id UUID NOT NULL,
    content_hash VARCHAR(128),
    storage_account VARCHAR(64) NOT NULL,
    container VARCHAR(64) NOT NULL,
    blob_path TEXT NOT NULL,
    size_bytes BIGINT,
    content_type VARCHAR(100),
    blob_version_id VARCHAR(64),
    stac_collection_id VARCHAR(255),
    stac_item_id VARCHAR(255),
    client_type VARCHAR(50) NOT NULL,
    client_refs JSONB NOT NULL,
    source_job_id VARCHAR(64),
    source_task_id VARCHAR(100),
    supersedes UUID,
    superseded_by UUID,
    revision INTEGER NOT NULL DEFAULT 1,
    status dagapp.artifact_status NOT NULL DEFAULT 'active',
    metadata JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    deleted_at TIMESTAMPTZ,
    CONSTRAINT artifacts_pkey PRIMARY KEY (artifact_id),
    CONSTRAINT artifacts_size_bytes_check CHECK (size_bytes >= 0),
    CONSTRAINT artifacts_revision_check CHECK (revision >= 1)
);

CREATE INDEX idx_artifacts_client_refs ON dagapp.artifacts USING gin (client_refs);
CREATE INDEX idx_artifacts_client_type ON dagapp.artifacts (client_type);
CREATE INDEX idx_artifacts_stac ON dagapp.artifacts (stac_collection_id, stac_item_id)
    WHERE stac_collection_id IS NOT NULL;
CREATE INDEX idx_artifacts_source_job_id ON dagapp.artifacts (source_job_id)
    WHERE source_job_id IS NOT NULL;
CREATE INDEX idx_artifacts_supersedes ON dagapp.artifacts (supersedes) WHERE supersedes IS NOT NULL;
CREATE INDEX idx_artifacts_active ON dagapp.artifacts (status) WHERE status = 'active';
CREATE INDEX idx_artifacts_content_hash ON dagapp.artifacts (content_hash)
    WHERE content_hash IS NOT NULL;
CREATE INDEX idx_artifacts_created_at ON dagapp.artifacts (created_at DESC);

COMMENT ON TABLE dagapp.artifacts IS 'Files the platform has produced, and which file replaced which.';
COMMENT ON COLUMN dagapp.artifacts.client_refs IS
    'Identifiers the client knows the artifact by; searched by containment.';
COMMENT ON COLUMN dagapp.artifacts.supersedes IS 'Artifact that this one replaced.';

CREATE TABLE dagapp.vector_etl_tracking (
    table_name VARCHAR(255) NOT NULL,
    etl_job_id VARCHAR(64) NOT NULL,
    source_file VARCHAR(500),
    source_format VARCHAR(50),
    source_crs VARCHAR(100),
    source_size_bytes BIGINT,
    source_hash VARCHAR(64),
    status dagapp.etl_status NOT NULL DEFAULT 'pending',
    processing_started_at TIMESTAMPTZ,
    processing_completed_at TIMESTAMPTZ,
    processing_duration_ms INTEGER,
    target_crs VARCHAR(100) NOT NULL DEFAULT 'EPSG:4326',
    rows_read INTEGER,
    rows_written INTEGER,
    rows_skipped INTEGER,
    geometry_repairs INTEGER,
    processing_software VARCHAR(100),
    processing_version VARCHAR(50),
    pipeline_version VARCHAR(50),
    error_message TEXT,
    error_details JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    created_by VARCHAR(255),
    CONSTRAINT vector_etl_tracking_pkey PRIMARY KEY (table_name, etl_job_id),
    CONSTRAINT vector_etl_tracking_table_name_fkey FOREIGN KEY (table_name)
        REFERENCES geoapi.table_catalog (table_name) ON DELETE CASCADE,
    CONSTRAINT vector_etl_tracking_source_size_bytes_check CHECK (source_size_bytes >= 0)
);

CREATE INDEX idx_vector_etl_tracking_etl_job_id ON dagapp.vector_etl_tracking (etl_job_id);
CREATE INDEX idx_vector_etl_tracking_status ON dagapp.vector_etl_tracking (status);
CREATE INDEX idx_vector_etl_tracking_created_at ON dagapp.vector_etl_tracking (created_at DESC);
CREATE INDEX idx_vector_etl_tracking_source_hash ON dagapp.vector_etl_tracking (source_hash)
    WHERE source_hash IS NOT NULL;

COMMENT ON TABLE dagapp.vector_etl_tracking IS
    'How each table of the catalog was loaded. Internal: never replicated with the catalog.';

CREATE TABLE dagapp.raster_etl_tracking (
    cog_path VARCHAR(500) NOT NULL,
    etl_job_id VARCHAR(64) NOT NULL,
    source_file VARCHAR(500),
    source_format VARCHAR(50),
    source_crs VARCHAR(100),
    status dagapp.etl_status NOT NULL DEFAULT 'pending',
    processing_started_at TIMESTAMPTZ,
    processing_completed_at TIMESTAMPTZ,
    compression VARCHAR(50),
    tile_size INTEGER,
    cog_size_bytes BIGINT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT raster_etl_tracking_pkey PRIMARY KEY (cog_path, etl_job_id),
    CONSTRAINT raster_etl_tracking_cog_size_bytes_check CHECK (cog_size_bytes >= 0)
);

CREATE INDEX idx_raster_etl_tracking_etl_job_id ON dagapp.raster_etl_tracking (etl_job_id);
CREATE INDEX idx_raster_etl_tracking_status ON dagapp.raster_etl_tracking (status);
CREATE INDEX idx_raster_etl_tracking_created_at ON dagapp.raster_etl_tracking (created_at DESC);

COMMENT ON TABLE dagapp.raster_etl_tracking IS 'How each raster was converted.';

-- Step 7: External services, maps, snapshots of the configuration

CREATE TABLE dagapp.external_services (
    service_id VARCHAR(32) NOT NULL,
    url TEXT NOT NULL,
    service_type dagapp.service_type NOT NULL DEFAULT 'unknown',
    detection_confidence DOUBLE PRECISION NOT NULL DEFAULT 0,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    tags JSONB NOT NULL DEFAULT '[]',
    status dagapp.service_status NOT NULL DEFAULT 'unknown',
    enabled BOOLEAN NOT NULL DEFAULT true,
    detected_capabilities JSONB NOT NULL DEFAULT '{}',
    health_history JSONB NOT NULL DEFAULT '[]',
    last_response_ms INTEGER,
    avg_response_ms INTEGER,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    last_failure_reason VARCHAR(500),
    check_interval_minutes INTEGER NOT NULL DEFAULT 60,
    last_check_at TIMESTAMPTZ,
    next_check_at TIMESTAMPTZ,
    metadata JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT external_services_pkey PRIMARY KEY (service_id),
    CONSTRAINT external_services_check_interval_minutes_check
        CHECK (check_interval_minutes BETWEEN 5 AND 1440),
    CONSTRAINT external_services_detection_confidence_check
        CHECK (detection_confidence BETWEEN 0 AND 1),
    CONSTRAINT external_services_consecutive_failures_check CHECK (consecutive_failures >= 0)
);

CREATE INDEX idx_external_services_status ON dagapp.external_services (status);
CREATE INDEX idx_external_services_service_type ON dagapp.external_services (service_type);
CREATE INDEX idx_external_services_next_check_at ON dagapp.external_services (next_check_at);
CREATE INDEX idx_external_services_enabled ON dagapp.external_services (enabled) WHERE enabled;
CREATE INDEX idx_external_services_created_at ON dagapp.external_services (created_at DESC);
CREATE INDEX idx_external_services_detected_capabilities
    ON dagapp.external_services USING gin (detected_capabilities);

COMMENT ON TABLE dagapp.external_services IS 'Map and data services of others that the platform watches.';
COMMENT ON COLUMN dagapp.external_services.detection_confidence IS
    'How sure the detection of service_type is, from 0 to 1.';

CREATE TABLE dagapp.map_states (
    map_id VARCHAR(32) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    map_type dagapp.map_type NOT NULL DEFAULT 'maplibre',
    center_lon DOUBLE PRECISION,
    center_lat DOUBLE PRECISION,
    zoom_level INTEGER,
    bounds JSONB,
    layers JSONB NOT NULL DEFAULT '[]',
    custom_attributes JSONB NOT NULL DEFAULT '{}',
    tags JSONB NOT NULL DEFAULT '[]',
    thumbnail_url TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT map_states_pkey PRIMARY KEY (map_id),
    CONSTRAINT map_states_version_check CHECK (version >= 1)
);

CREATE INDEX idx_map_states_name ON dagapp.map_states (name);
CREATE INDEX idx_map_states_map_type ON dagapp.map_states (map_type);
CREATE INDEX idx_map_states_tags ON dagapp.map_states USING gin (tags);
CREATE INDEX idx_map_states_created_at ON dagapp.map_states (created_at DESC);

COMMENT ON TABLE dagapp.map_states IS 'Saved maps: view, layers and their settings.';

CREATE TABLE dagapp.map_state_snapshots (
    snapshot_id VARCHAR(64) NOT NULL,
    map_id VARCHAR(32) NOT NULL,
    version INTEGER NOT NULL,
    state JSONB NOT NULL,
    snapshot_reason VARCHAR(100),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT map_state_snapshots_pkey PRIMARY KEY (snapshot_id),
    CONSTRAINT map_state_snapshots_map_id_version_key UNIQUE (map_id, version),
    CONSTRAINT map_state_snapshots_map_id_fkey FOREIGN KEY (map_id)
        REFERENCES dagapp.map_states (map_id) ON DELETE CASCADE
);

CREATE INDEX idx_map_state_snapshots_created_at ON dagapp.map_state_snapshots (created_at DESC);

COMMENT ON TABLE dagapp.map_state_snapshots IS 'Earlier versions of a saved map.';

CREATE TABLE dagapp.system_snapshots (
    snapshot_id INTEGER GENERATED BY DEFAULT AS IDENTITY,
    captured_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    trigger_type dagapp.snapshot_trigger_type NOT NULL DEFAULT 'manual',
    instance_id VARCHAR(64),
    role_instance_id VARCHAR(20),
    config_hash VARCHAR(64) NOT NULL,
    environment_type VARCHAR(30),
    sku VARCHAR(30),
    region VARCHAR(30),
    vnet_private_ip VARCHAR(45),
    dns_server VARCHAR(100),
    vnet_route_all BOOLEAN,
    worker_process_count INTEGER,
    config_from_env_count INTEGER NOT NULL DEFAULT 0,
    config_defaults_count INTEGER NOT NULL DEFAULT 0,
    discovered_var_count INTEGER NOT NULL DEFAULT 0,
    full_snapshot JSONB NOT NULL,
    has_drift BOOLEAN NOT NULL DEFAULT false,
    drift_details JSONB,
    previous_snapshot_id INTEGER,
    app_version VARCHAR(20),
    notes VARCHAR(500),
    CONSTRAINT system_snapshots_pkey PRIMARY KEY (snapshot_id)
);

CREATE INDEX idx_system_snapshots_captured_at ON dagapp.system_snapshots (captured_at DESC);
CREATE INDEX idx_system_snapshots_trigger_type ON dagapp.system_snapshots (trigger_type);
CREATE INDEX idx_system_snapshots_config_hash ON dagapp.system_snapshots (config_hash);
CREATE INDEX idx_system_snapshots_instance_id ON dagapp.system_snapshots (instance_id)
    WHERE instance_id IS NOT NULL;
CREATE INDEX idx_system_snapshots_has_drift ON dagapp.system_snapshots (has_drift) WHERE has_drift;
CREATE INDEX idx_system_snapshots_config_defaults ON dagapp.system_snapshots (config_defaults_count)
    WHERE config_defaults_count > 0;

COMMENT ON TABLE dagapp.system_snapshots IS
    'Configuration and network of a running instance at a moment, to see what changed between two.';
COMMENT ON COLUMN dagapp.system_snapshots.config_hash IS 'Equal for two snapshots of one configuration.';

-- Step 8: Triggers

CREATE TRIGGER update_table_catalog_updated_at
    BEFORE UPDATE ON geoapi.table_catalog
    FOR EACH ROW EXECUTE FUNCTION geoapi.update_updated_at_column();
CREATE TRIGGER update_feature_collection_styles_updated_at
    BEFORE UPDATE ON geoapi.feature_collection_styles
    FOR EACH ROW EXECUTE FUNCTION geoapi.update_updated_at_column();
CREATE TRIGGER update_jobs_updated_at
    BEFORE UPDATE ON dagapp.jobs
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_tasks_updated_at
    BEFORE UPDATE ON dagapp.tasks
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_api_requests_updated_at
    BEFORE UPDATE ON dagapp.api_requests
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_etl_source_files_updated_at
    BEFORE UPDATE ON dagapp.etl_source_files
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_dataset_refs_updated_at
    BEFORE UPDATE ON dagapp.dataset_refs
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_dataset_approvals_updated_at
    BEFORE UPDATE ON dagapp.dataset_approvals
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_promoted_datasets_updated_at
    BEFORE UPDATE ON dagapp.promoted_datasets
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_cog_metadata_updated_at
    BEFORE UPDATE ON dagapp.cog_metadata
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_raster_render_configs_updated_at
    BEFORE UPDATE ON dagapp.raster_render_configs
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_artifacts_updated_at
    BEFORE UPDATE ON dagapp.artifacts
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_external_services_updated_at
    BEFORE UPDATE ON dagapp.external_services
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();
CREATE TRIGGER update_map_states_updated_at
    BEFORE UPDATE ON dagapp.map_states
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();

-- Step 9: Functions of the job engine

CREATE FUNCTION dagapp.complete_task_and_check_stage(
    p_task_id VARCHAR,
    p_job_id VARCHAR,
    p_stage INTEGER,
    p_result_data JSONB DEFAULT NULL,
    p_error_details TEXT DEFAULT NULL
)
RETURNS TABLE (
    task_updated BOOLEAN,
    is_last_task_in_stage BOOLEAN,
    job_id VARCHAR,
    stage_number INTEGER,
    remaining_tasks INTEGER
)
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
BEGIN
    -- With one snapshot for the whole transaction two tasks that end together would each still see
    -- the other at work, and nobody would advance the stage.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'complete_task_and_check_stage needs READ COMMITTED, not %',
            upper(current_setting('transaction_isolation'))
            USING ERRCODE = 'invalid_transaction_state',
                  HINT = 'Call it in a transaction of its own with the default isolation level.';
    END IF;

    -- One completion of a stage at a time, so that exactly one caller counts zero left.
    PERFORM pg_advisory_xact_lock(
        hashtextextended('dagapp.stage:' || p_job_id || ':' || p_stage::TEXT, 0)
    );

    UPDATE dagapp.tasks AS task
    SET status = CASE
            WHEN p_error_details IS NULL THEN 'completed'::dagapp.task_status
            ELSE 'failed'::dagapp.task_status
        END,
        result_data = coalesce(p_result_data, task.result_data),
        error_details = p_error_details
    WHERE task.task_id = p_task_id
      AND task.parent_job_id = p_job_id
      AND task.stage = p_stage
      AND task.status = 'processing';
    task_updated := FOUND;

    SELECT count(*)::INTEGER INTO remaining_tasks
    FROM dagapp.tasks AS task
    WHERE task.parent_job_id = p_job_id
      AND task.stage = p_stage
      AND task.status NOT IN ('completed', 'failed', 'cancelled');

    is_last_task_in_stage := task_updated AND remaining_tasks = 0;
    job_id := p_job_id;
    stage_number := p_stage;
    RETURN NEXT;
END;
$$;

COMMENT ON FUNCTION dagapp.complete_task_and_check_stage(VARCHAR, VARCHAR, INTEGER, JSONB, TEXT) IS
    'Ends a task that is processing: completed, or failed when an error is given. '
    'Exactly one caller for each stage is told that its task was the last. '
    'task_updated is false when the task was not processing (a message that came twice).';

CREATE FUNCTION dagapp.advance_job_stage(
    p_job_id VARCHAR,
    p_current_stage INTEGER,
    p_stage_results JSONB DEFAULT NULL
)
RETURNS TABLE (job_updated BOOLEAN, new_stage INTEGER, is_final_stage BOOLEAN)
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
BEGIN
    -- The stage in the WHERE clause is the optimistic check: of two callers one changes the row,
    -- the other waits for it, looks again and finds the next stage.
    UPDATE dagapp.jobs AS job
    SET stage = job.stage + 1,
        stage_results = CASE
            WHEN p_stage_results IS NULL THEN job.stage_results
            ELSE job.stage_results || jsonb_build_object(p_current_stage::TEXT, p_stage_results)
        END,
        status = CASE
            WHEN job.stage = job.total_stages THEN 'completed'::dagapp.job_status
            ELSE job.status
        END
    WHERE job.job_id = p_job_id
      AND job.stage = p_current_stage
      AND job.stage <= job.total_stages
      AND job.status IN ('queued', 'processing')
    RETURNING job.stage, job.stage > job.total_stages INTO new_stage, is_final_stage;

    job_updated := FOUND;
    is_final_stage := coalesce(is_final_stage, false);
    RETURN NEXT;
END;
$$;

COMMENT ON FUNCTION dagapp.advance_job_stage(VARCHAR, INTEGER, JSONB) IS
    'Moves a job from p_current_stage to the next stage and keeps the stage''s result. '
    'is_final_stage is true when that stage was the last: the job is then completed. '
    'job_updated is false, and new_stage NULL, when the job is at another stage or has ended.';

CREATE FUNCTION dagapp.check_job_completion(p_job_id VARCHAR)
RETURNS TABLE (
    job_complete BOOLEAN,
    final_stage INTEGER,
    total_tasks INTEGER,
    completed_tasks INTEGER,
    task_results JSONB
)
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
DECLARE
    current_stage INTEGER;
    open_tasks INTEGER;
    final_tasks INTEGER;
BEGIN
    -- Held until the caller commits, so that its verdict is not overtaken. NO KEY: events and tasks
    -- that refer to the job may still be written.
    SELECT job.stage, job.total_stages INTO current_stage, final_stage
    FROM dagapp.jobs AS job
    WHERE job.job_id = p_job_id
    FOR NO KEY UPDATE;

    SELECT count(*)::INTEGER,
           (count(*) FILTER (WHERE task.status = 'completed'))::INTEGER,
           (count(*) FILTER (WHERE task.status NOT IN ('completed', 'failed', 'cancelled')))::INTEGER,
           (count(*) FILTER (WHERE task.stage = final_stage))::INTEGER,
           coalesce(
               jsonb_agg(
                   jsonb_build_object(
                       'task_id', task.task_id,
                       'task_type', task.task_type,
                       'stage', task.stage,
                       'task_index', task.task_index,
                       'status', task.status,
                       'result_data', task.result_data,
                       'error_details', task.error_details
                   )
                   ORDER BY task.stage, task.task_index, task.task_id
               ),
               '[]'::JSONB
           )
    INTO total_tasks, completed_tasks, open_tasks, final_tasks, task_results
    FROM dagapp.tasks AS task
    WHERE task.parent_job_id = p_job_id;

    -- A job whose later stages have no tasks yet is not complete, although none is open.
    job_complete := final_stage IS NOT NULL
        AND open_tasks = 0
        AND (final_tasks > 0 OR current_stage > final_stage);
    RETURN NEXT;
END;
$$;

COMMENT ON FUNCTION dagapp.check_job_completion(VARCHAR) IS
    'Locks the job and says whether every task of every stage has ended, with the tasks'' results. '
    'Failed and cancelled tasks count as ended, not as completed. '
    'For an unknown job job_complete is false and final_stage NULL.';

CREATE FUNCTION dagapp.increment_task_retry_count(p_task_id VARCHAR)
RETURNS TABLE (new_retry_count INTEGER)
LANGUAGE plpgsql
SECURITY INVOKER
SET search_path = pg_catalog, dagapp, pg_temp
AS $$
BEGIN
    RETURN QUERY
    UPDATE dagapp.tasks AS task
    SET retry_count = task.retry_count + 1,
        status = 'pending_retry'
    WHERE task.task_id = p_task_id
      AND task.status NOT IN ('completed', 'cancelled')
    RETURNING task.retry_count;
END;
$$;

COMMENT ON FUNCTION dagapp.increment_task_retry_count(VARCHAR) IS
    'Counts one more attempt and sets the task to pending_retry. '
    'No row when there is no such task, or when it is completed or cancelled.';

COMMIT;

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
        ('dagapp.job_status', 'queued processing completed failed completed_with_errors'),
        (
            'dagapp.task_status',
            'pending queued processing completed failed retrying pending_retry cancelled'
        ),
        (
            'dagapp.job_event_type',
            'job_created job_message_received job_started job_completed job_failed '
            'stage_started stage_completed stage_advancement_failed task_queued task_started '
            'task_completed task_failed task_retrying task_not_found callback_started '
            'callback_success callback_failed status_update checkpoint'
        ),
        ('dagapp.job_event_status', 'success failure warning info pending'),
        ('dagapp.janitor_run_type', 'task_watchdog job_health orphan_detector'),
        ('dagapp.janitor_run_status', 'running completed failed'),
        ('dagapp.data_type', 'raster vector pointcloud mesh_3d tabular'),
        ('dagapp.unpublish_type', 'raster vector stac_only'),
        ('dagapp.unpublish_status', 'pending dry_run completed failed partial'),
        ('dagapp.access_level', 'public ouo restricted'),
        ('dagapp.approval_status', 'pending approved rejected revoked'),
        ('dagapp.system_role', 'admin0_boundaries h3_land_grid'),
        ('dagapp.artifact_status', 'pending active superseded archived deleted'),
        (
            'dagapp.service_type',
            'arcgis_mapserver arcgis_featureserver arcgis_imageserver wms wfs wmts '
            'ogc_api_features ogc_api_tiles stac_api xyz_tiles tms_tiles cog_endpoint '
            'generic_rest unknown'
        ),
        ('dagapp.service_status', 'active degraded offline unknown maintenance'),
        ('dagapp.map_type', 'maplibre leaflet openlayers'),
        ('dagapp.snapshot_trigger_type', 'startup scheduled manual drift_detected'),
        ('dagapp.etl_status', 'pending processing completed failed superseded')
    ) AS expected (type_name, labels)
    CROSS JOIN LATERAL unnest(string_to_array(expected.labels, ' ')) AS label (name)
    LEFT JOIN pg_catalog.pg_enum AS found
        ON found.enumtypid = to_regtype(expected.type_name) AND found.enumlabel = label.name
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing enum label: %', missing
            USING HINT = 'Run 001_initial_schema_rollback.sql, find out why, apply 0.1.0 again.';
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
        ('geoapi.table_catalog'),
        ('geoapi.feature_collection_styles'),
        ('dagapp.jobs'),
        ('dagapp.tasks'),
        ('dagapp.job_events'),
        ('dagapp.job_metrics'),
        ('dagapp.janitor_runs'),
        ('dagapp.api_requests'),
        ('dagapp.unpublish_jobs'),
        ('dagapp.etl_source_files'),
        ('dagapp.dataset_refs'),
        ('dagapp.dataset_approvals'),
        ('dagapp.promoted_datasets'),
        ('dagapp.cog_metadata'),
        ('dagapp.raster_render_configs'),
        ('dagapp.artifacts'),
        ('dagapp.vector_etl_tracking'),
        ('dagapp.raster_etl_tracking'),
        ('dagapp.external_services'),
        ('dagapp.map_states'),
        ('dagapp.map_state_snapshots'),
        ('dagapp.system_snapshots')
    ) AS expected (table_name)
    LEFT JOIN pg_catalog.pg_class AS found
        ON found.oid = to_regclass(expected.table_name) AND found.relkind = 'r'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing table: %', missing
            USING HINT = 'Run 001_initial_schema_rollback.sql, find out why, apply 0.1.0 again.';
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
        (
            'geoapi.table_catalog',
            'table_name schema_name title description keywords license attribution bbox_minx '
            'bbox_miny bbox_maxx bbox_maxy temporal_start temporal_end temporal_property '
            'geometry_type primary_geometry srid feature_count stac_collection_id '
            'stac_item_id stac_extensions providers sci_doi sci_citation table_type '
            'column_definitions custom_properties created_at updated_at'
        ),
        (
            'geoapi.feature_collection_styles',
            'id collection_id style_id title description style_spec is_default created_at '
            'updated_at'
        ),
        (
            'dagapp.jobs',
            'job_id job_type parameters status stage total_stages stage_results metadata '
            'result_data error_details created_at updated_at'
        ),
        (
            'dagapp.tasks',
            'task_id parent_job_id job_type task_type stage task_index parameters status '
            'result_data metadata error_details retry_count last_pulse next_stage_params '
            'checkpoint_phase checkpoint_data checkpoint_updated_at target_queue '
            'executed_by_app execution_started_at created_at updated_at'
        ),
        (
            'dagapp.job_events',
            'event_id job_id task_id stage event_type event_status checkpoint_name event_data '
            'error_message duration_ms created_at'
        ),
        ('dagapp.job_metrics', 'id job_id timestamp metric_type payload'),
        (
            'dagapp.janitor_runs',
            'run_id run_type started_at completed_at duration_ms status items_scanned '
            'items_fixed actions_taken error_details'
        ),
        (
            'dagapp.api_requests',
            'request_id dataset_id resource_id version_id job_id data_type retry_count '
            'created_at updated_at'
        ),
        (
            'dagapp.unpublish_jobs',
            'unpublish_id unpublish_job_id unpublish_type original_job_id original_job_type '
            'original_parameters stac_item_id collection_id artifacts_deleted '
            'collection_deleted status dry_run error_details created_at completed_at'
        ),
        (
            'dagapp.etl_source_files',
            'id etl_type source_blob_path source_container file_size_bytes source_metadata '
            'phase1_group_key phase1_output_blob phase1_job_id phase1_completed_at '
            'phase2_group_key phase2_output_blob phase2_job_id phase2_completed_at created_at '
            'updated_at'
        ),
        (
            'dagapp.dataset_refs',
            'dataset_id data_type ddh_dataset_id ddh_resource_id ddh_version_id other_refs '
            'created_at updated_at'
        ),
        (
            'dagapp.dataset_approvals',
            'approval_id job_id job_type classification status stac_item_id '
            'stac_collection_id reviewer notes rejection_reason revoked_at revoked_by '
            'revocation_reason adf_run_id created_at reviewed_at updated_at'
        ),
        (
            'dagapp.promoted_datasets',
            'promoted_id stac_collection_id stac_item_id title description thumbnail_url '
            'thumbnail_generated_at tags viewer_config style_id in_gallery gallery_order '
            'is_system_reserved system_role classification promoted_at updated_at'
        ),
        (
            'dagapp.cog_metadata',
            'cog_id container blob_path cog_url width height band_count dtype nodata crs '
            'transform resolution band_names band_units bbox_minx bbox_miny bbox_maxx '
            'bbox_maxy temporal_start temporal_end is_cog overview_levels compression '
            'blocksize colormap rescale_range eo_bands raster_bands title description '
            'keywords license providers stac_extensions stac_item_id stac_collection_id '
            'etl_job_id source_file source_format source_crs sci_doi sci_citation '
            'custom_properties created_at updated_at'
        ),
        (
            'dagapp.raster_render_configs',
            'id cog_id render_id title description render_spec is_default created_at '
            'updated_at'
        ),
        (
            'dagapp.artifacts',
            'artifact_id content_hash storage_account container blob_path size_bytes '
            'content_type blob_version_id stac_collection_id stac_item_id client_type '
            'client_refs source_job_id source_task_id supersedes superseded_by revision '
            'status metadata created_at updated_at deleted_at'
        ),
        (
            'dagapp.vector_etl_tracking',
            'table_name etl_job_id source_file source_format source_crs source_size_bytes '
            'source_hash status processing_started_at processing_completed_at '
            'processing_duration_ms target_crs rows_read rows_written rows_skipped '
            'geometry_repairs processing_software processing_version pipeline_version '
            'error_message error_details created_at created_by'
        ),
        (
            'dagapp.raster_etl_tracking',
            'cog_path etl_job_id source_file source_format source_crs status '
            'processing_started_at processing_completed_at compression tile_size '
            'cog_size_bytes created_at'
        ),
        (
            'dagapp.external_services',
            'service_id url service_type detection_confidence name description tags status '
            'enabled detected_capabilities health_history last_response_ms avg_response_ms '
            'consecutive_failures last_failure_reason check_interval_minutes last_check_at '
            'next_check_at metadata created_at updated_at'
        ),
        (
            'dagapp.map_states',
            'map_id name description map_type center_lon center_lat zoom_level bounds layers '
            'custom_attributes tags thumbnail_url version created_at updated_at'
        ),
        (
            'dagapp.map_state_snapshots',
            'snapshot_id map_id version state snapshot_reason created_at'
        ),
        (
            'dagapp.system_snapshots',
            'snapshot_id captured_at trigger_type instance_id role_instance_id config_hash '
            'environment_type sku region vnet_private_ip dns_server vnet_route_all '
            'worker_process_count config_from_env_count config_defaults_count '
            'discovered_var_count full_snapshot has_drift drift_details previous_snapshot_id '
            'app_version notes'
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
            USING HINT = 'Run 001_initial_schema_rollback.sql, find out why, apply 0.1.0 again.';
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
        ('dagapp.jobs', 'status', 'dagapp.job_status'),
        ('dagapp.tasks', 'status', 'dagapp.task_status'),
        ('dagapp.job_events', 'event_type', 'dagapp.job_event_type'),
        ('dagapp.job_events', 'event_status', 'dagapp.job_event_status'),
        ('dagapp.janitor_runs', 'run_type', 'dagapp.janitor_run_type'),
        ('dagapp.janitor_runs', 'status', 'dagapp.janitor_run_status'),
        ('dagapp.api_requests', 'data_type', 'dagapp.data_type'),
        ('dagapp.unpublish_jobs', 'unpublish_type', 'dagapp.unpublish_type'),
        ('dagapp.unpublish_jobs', 'status', 'dagapp.unpublish_status'),
        ('dagapp.dataset_refs', 'data_type', 'dagapp.data_type'),
        ('dagapp.dataset_approvals', 'classification', 'dagapp.access_level'),
        ('dagapp.dataset_approvals', 'status', 'dagapp.approval_status'),
        ('dagapp.promoted_datasets', 'system_role', 'dagapp.system_role'),
        ('dagapp.promoted_datasets', 'classification', 'dagapp.access_level'),
        ('dagapp.artifacts', 'status', 'dagapp.artifact_status'),
        ('dagapp.vector_etl_tracking', 'status', 'dagapp.etl_status'),
        ('dagapp.raster_etl_tracking', 'status', 'dagapp.etl_status'),
        ('dagapp.external_services', 'service_type', 'dagapp.service_type'),
        ('dagapp.external_services', 'status', 'dagapp.service_status'),
        ('dagapp.map_states', 'map_type', 'dagapp.map_type'),
        ('dagapp.system_snapshots', 'trigger_type', 'dagapp.snapshot_trigger_type')
    ) AS expected (table_name, column_name, type_name)
    LEFT JOIN pg_catalog.pg_attribute AS found
        ON found.attrelid = to_regclass(expected.table_name)
        AND found.attname = expected.column_name
        AND found.atttypid = to_regtype(expected.type_name)
    WHERE found.attrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: wrong column type: %', missing
            USING HINT = 'Run 001_initial_schema_rollback.sql, find out why, apply 0.1.0 again.';
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
        (
            'geoapi.table_catalog',
            'table_catalog_pkey table_catalog_table_type_check '
            'table_catalog_feature_count_check table_catalog_bbox_check '
            'table_catalog_temporal_check'
        ),
        (
            'geoapi.feature_collection_styles',
            'feature_collection_styles_pkey '
            'feature_collection_styles_collection_id_style_id_key'
        ),
        ('dagapp.jobs', 'jobs_pkey jobs_job_id_check jobs_total_stages_check jobs_stage_check'),
        (
            'dagapp.tasks',
            'tasks_pkey tasks_parent_job_id_fkey tasks_stage_check tasks_retry_count_check'
        ),
        (
            'dagapp.job_events',
            'job_events_pkey job_events_job_id_fkey job_events_duration_ms_check'
        ),
        ('dagapp.job_metrics', 'job_metrics_pkey job_metrics_metric_type_check'),
        (
            'dagapp.janitor_runs',
            'janitor_runs_pkey janitor_runs_duration_ms_check janitor_runs_items_check'
        ),
        ('dagapp.api_requests', 'api_requests_pkey api_requests_retry_count_check'),
        ('dagapp.unpublish_jobs', 'unpublish_jobs_pkey'),
        (
            'dagapp.etl_source_files',
            'etl_source_files_pkey etl_source_files_etl_type_source_blob_path_key '
            'etl_source_files_file_size_bytes_check'
        ),
        ('dagapp.dataset_refs', 'dataset_refs_pkey'),
        ('dagapp.dataset_approvals', 'dataset_approvals_pkey'),
        (
            'dagapp.promoted_datasets',
            'promoted_datasets_pkey promoted_datasets_target_check '
            'promoted_datasets_gallery_order_check'
        ),
        (
            'dagapp.cog_metadata',
            'cog_metadata_pkey cog_metadata_size_check cog_metadata_bbox_check '
            'cog_metadata_temporal_check'
        ),
        (
            'dagapp.raster_render_configs',
            'raster_render_configs_pkey raster_render_configs_cog_id_render_id_key '
            'raster_render_configs_cog_id_fkey'
        ),
        ('dagapp.artifacts', 'artifacts_pkey artifacts_size_bytes_check artifacts_revision_check'),
        (
            'dagapp.vector_etl_tracking',
            'vector_etl_tracking_pkey vector_etl_tracking_table_name_fkey '
            'vector_etl_tracking_source_size_bytes_check'
        ),
        (
            'dagapp.raster_etl_tracking',
            'raster_etl_tracking_pkey raster_etl_tracking_cog_size_bytes_check'
        ),
        (
            'dagapp.external_services',
            'external_services_pkey external_services_check_interval_minutes_check '
            'external_services_detection_confidence_check '
            'external_services_consecutive_failures_check'
        ),
        ('dagapp.map_states', 'map_states_pkey map_states_version_check'),
        (
            'dagapp.map_state_snapshots',
            'map_state_snapshots_pkey map_state_snapshots_map_id_version_key '
            'map_state_snapshots_map_id_fkey'
        ),
        ('dagapp.system_snapshots', 'system_snapshots_pkey')
    ) AS expected (table_name, constraints)
    CROSS JOIN LATERAL unnest(string_to_array(expected.constraints, ' ')) AS wanted (name)
    LEFT JOIN pg_catalog.pg_constraint AS found
        ON found.conrelid = to_regclass(expected.table_name)
        AND found.conname = wanted.name
        AND found.convalidated
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or not validated constraint: %', missing
            USING HINT = 'Run 001_initial_schema_rollback.sql, find out why, apply 0.1.0 again.';
    END IF;
END $$;

-- Validation 6: indexes exist and are valid
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
        ('geoapi.idx_table_catalog_schema_name'),
        ('geoapi.idx_table_catalog_geometry_type'),
        ('geoapi.idx_table_catalog_table_type'),
        ('geoapi.idx_table_catalog_stac_collection_id'),
        ('geoapi.idx_table_catalog_created_at'),
        ('geoapi.idx_feature_collection_styles_default'),
        ('dagapp.idx_jobs_status'),
        ('dagapp.idx_jobs_job_type'),
        ('dagapp.idx_jobs_created_at'),
        ('dagapp.idx_jobs_updated_at'),
        ('dagapp.idx_tasks_parent_job_id_stage_status'),
        ('dagapp.idx_tasks_status'),
        ('dagapp.idx_tasks_last_pulse'),
        ('dagapp.idx_tasks_retry_count'),
        ('dagapp.idx_tasks_target_queue'),
        ('dagapp.idx_tasks_executed_by_app'),
        ('dagapp.idx_tasks_checkpoint_phase'),
        ('dagapp.idx_job_events_job_id_created_at'),
        ('dagapp.idx_job_events_task_id'),
        ('dagapp.idx_job_events_created_at'),
        ('dagapp.idx_job_events_event_type'),
        ('dagapp.idx_job_events_checkpoint_name'),
        ('dagapp.idx_job_metrics_job_id_timestamp'),
        ('dagapp.idx_job_metrics_timestamp'),
        ('dagapp.idx_janitor_runs_started_at'),
        ('dagapp.idx_janitor_runs_run_type'),
        ('dagapp.idx_api_requests_dataset_id'),
        ('dagapp.idx_api_requests_created_at'),
        ('dagapp.idx_unpublish_jobs_unpublish_job_id'),
        ('dagapp.idx_unpublish_jobs_stac_item_id'),
        ('dagapp.idx_unpublish_jobs_collection_id'),
        ('dagapp.idx_unpublish_jobs_original_job_id'),
        ('dagapp.idx_unpublish_jobs_status'),
        ('dagapp.idx_unpublish_jobs_created_at'),
        ('dagapp.idx_etl_source_files_phase1_group'),
        ('dagapp.idx_etl_source_files_phase2_group'),
        ('dagapp.idx_etl_source_files_phase1_pending'),
        ('dagapp.idx_etl_source_files_phase2_pending'),
        ('dagapp.idx_dataset_refs_data_type'),
        ('dagapp.idx_dataset_refs_ddh_dataset_id'),
        ('dagapp.idx_dataset_refs_ddh_resource_id'),
        ('dagapp.idx_dataset_approvals_status'),
        ('dagapp.idx_dataset_approvals_created_at'),
        ('dagapp.idx_dataset_approvals_job_id'),
        ('dagapp.idx_dataset_approvals_stac_item_id'),
        ('dagapp.idx_dataset_approvals_stac_collection_id'),
        ('dagapp.idx_promoted_datasets_stac_collection_id'),
        ('dagapp.idx_promoted_datasets_stac_item_id'),
        ('dagapp.idx_promoted_datasets_in_gallery'),
        ('dagapp.idx_promoted_datasets_gallery_order'),
        ('dagapp.idx_promoted_datasets_system_role'),
        ('dagapp.idx_cog_metadata_container'),
        ('dagapp.idx_cog_metadata_created_at'),
        ('dagapp.idx_cog_metadata_stac_collection_id'),
        ('dagapp.idx_cog_metadata_stac_item_id'),
        ('dagapp.idx_cog_metadata_etl_job_id'),
        ('dagapp.idx_raster_render_configs_default'),
        ('dagapp.idx_artifacts_client_refs'),
        ('dagapp.idx_artifacts_client_type'),
        ('dagapp.idx_artifacts_stac'),
        ('dagapp.idx_artifacts_source_job_id'),
        ('dagapp.idx_artifacts_supersedes'),
        ('dagapp.idx_artifacts_active'),
        ('dagapp.idx_artifacts_content_hash'),
        ('dagapp.idx_artifacts_created_at'),
        ('dagapp.idx_vector_etl_tracking_etl_job_id'),
        ('dagapp.idx_vector_etl_tracking_status'),
        ('dagapp.idx_vector_etl_tracking_created_at'),
        ('dagapp.idx_vector_etl_tracking_source_hash'),
        ('dagapp.idx_raster_etl_tracking_etl_job_id'),
        ('dagapp.idx_raster_etl_tracking_status'),
        ('dagapp.idx_raster_etl_tracking_created_at'),
        ('dagapp.idx_external_services_status'),
        ('dagapp.idx_external_services_service_type'),
        ('dagapp.idx_external_services_next_check_at'),
        ('dagapp.idx_external_services_enabled'),
        ('dagapp.idx_external_services_created_at'),
        ('dagapp.idx_external_services_detected_capabilities'),
        ('dagapp.idx_map_states_name'),
        ('dagapp.idx_map_states_map_type'),
        ('dagapp.idx_map_states_tags'),
        ('dagapp.idx_map_states_created_at'),
        ('dagapp.idx_map_state_snapshots_created_at'),
        ('dagapp.idx_system_snapshots_captured_at'),
        ('dagapp.idx_system_snapshots_trigger_type'),
        ('dagapp.idx_system_snapshots_config_hash'),
        ('dagapp.idx_system_snapshots_instance_id'),
        ('dagapp.idx_system_snapshots_has_drift'),
        ('dagapp.idx_system_snapshots_config_defaults')
    ) AS expected (index_name)
    LEFT JOIN pg_catalog.pg_index AS found
        ON found.indexrelid = to_regclass(expected.index_name) AND found.indisvalid AND found.indisready
    WHERE found.indexrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or invalid index: %', missing
            USING HINT = 'Run 001_initial_schema_rollback.sql, find out why, apply 0.1.0 again.';
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
        ('dagapp.update_updated_at_column()'),
        ('geoapi.update_updated_at_column()'),
        ('dagapp.complete_task_and_check_stage(varchar,varchar,integer,jsonb,text)'),
        ('dagapp.advance_job_stage(varchar,integer,jsonb)'),
        ('dagapp.check_job_completion(varchar)'),
        ('dagapp.increment_task_retry_count(varchar)')
    ) AS expected (signature)
    LEFT JOIN pg_catalog.pg_proc AS found
        ON found.oid = to_regprocedure(expected.signature)
        AND NOT found.prosecdef
        AND array_to_string(found.proconfig, ',') LIKE '%search_path=pg_catalog,%'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or unsafe function: %', missing
            USING HINT = 'Run 001_initial_schema_rollback.sql, find out why, apply 0.1.0 again.';
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
        ('geoapi.table_catalog', 'update_table_catalog_updated_at'),
        ('geoapi.feature_collection_styles', 'update_feature_collection_styles_updated_at'),
        ('dagapp.jobs', 'update_jobs_updated_at'),
        ('dagapp.tasks', 'update_tasks_updated_at'),
        ('dagapp.api_requests', 'update_api_requests_updated_at'),
        ('dagapp.etl_source_files', 'update_etl_source_files_updated_at'),
        ('dagapp.dataset_refs', 'update_dataset_refs_updated_at'),
        ('dagapp.dataset_approvals', 'update_dataset_approvals_updated_at'),
        ('dagapp.promoted_datasets', 'update_promoted_datasets_updated_at'),
        ('dagapp.cog_metadata', 'update_cog_metadata_updated_at'),
        ('dagapp.raster_render_configs', 'update_raster_render_configs_updated_at'),
        ('dagapp.artifacts', 'update_artifacts_updated_at'),
        ('dagapp.external_services', 'update_external_services_updated_at'),
        ('dagapp.map_states', 'update_map_states_updated_at')
    ) AS expected (table_name, trigger_name)
    LEFT JOIN pg_catalog.pg_trigger AS found
        ON found.tgrelid = to_regclass(expected.table_name)
        AND found.tgname = expected.trigger_name
        AND found.tgenabled = 'O'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or disabled trigger: %', missing
            USING HINT = 'Run 001_initial_schema_rollback.sql, find out why, apply 0.1.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.1.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.1.0 completed successfully'; END $$;
