-- ============================================================================
-- ROLLBACK: 001_initial_schema_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0101
-- ROLLS BACK:  0.1.0
-- ============================================================================
-- WARNING: Drops every table of 001 with its rows: jobs, tasks, requests, approvals,
-- metadata, catalog. Nothing is archived. Take a backup first; only it brings rows back.
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
          > ARRAY[0, 1, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.1.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Step 1: Functions of the job engine
DROP FUNCTION IF EXISTS dagapp.increment_task_retry_count(VARCHAR);
DROP FUNCTION IF EXISTS dagapp.check_job_completion(VARCHAR);
DROP FUNCTION IF EXISTS dagapp.advance_job_stage(VARCHAR, INTEGER, JSONB);
DROP FUNCTION IF EXISTS dagapp.complete_task_and_check_stage(VARCHAR, VARCHAR, INTEGER, JSONB, TEXT);

-- Step 2: Tables, those that refer to others first; indexes, constraints and triggers go with them
DROP TABLE IF EXISTS dagapp.system_snapshots;
DROP TABLE IF EXISTS dagapp.map_state_snapshots;
DROP TABLE IF EXISTS dagapp.map_states;
DROP TABLE IF EXISTS dagapp.external_services;
DROP TABLE IF EXISTS dagapp.raster_etl_tracking;
DROP TABLE IF EXISTS dagapp.vector_etl_tracking;
DROP TABLE IF EXISTS dagapp.artifacts;
DROP TABLE IF EXISTS dagapp.raster_render_configs;
DROP TABLE IF EXISTS dagapp.cog_metadata;
DROP TABLE IF EXISTS dagapp.promoted_datasets;
DROP TABLE IF EXISTS dagapp.dataset_approvals;
DROP TABLE IF EXISTS dagapp.dataset_refs;
DROP TABLE IF EXISTS dagapp.etl_source_files;
DROP TABLE IF EXISTS dagapp.unpublish_jobs;
DROP TABLE IF EXISTS dagapp.api_requests;
DROP TABLE IF EXISTS dagapp.janitor_runs;
DROP TABLE IF EXISTS dagapp.job_metrics;
DROP TABLE IF EXISTS dagapp.job_events;
DROP TABLE IF EXISTS dagapp.tasks;
DROP TABLE IF EXISTS dagapp.jobs;
DROP TABLE IF EXISTS geoapi.feature_collection_styles;
DROP TABLE IF EXISTS geoapi.table_catalog;

-- Step 3: Trigger functions
DROP FUNCTION IF EXISTS geoapi.update_updated_at_column();
DROP FUNCTION IF EXISTS dagapp.update_updated_at_column();

-- Step 4: Enum types
DROP TYPE IF EXISTS dagapp.etl_status;
DROP TYPE IF EXISTS dagapp.snapshot_trigger_type;
DROP TYPE IF EXISTS dagapp.map_type;
DROP TYPE IF EXISTS dagapp.service_status;
DROP TYPE IF EXISTS dagapp.service_type;
DROP TYPE IF EXISTS dagapp.artifact_status;
DROP TYPE IF EXISTS dagapp.system_role;
DROP TYPE IF EXISTS dagapp.approval_status;
DROP TYPE IF EXISTS dagapp.access_level;
DROP TYPE IF EXISTS dagapp.unpublish_status;
DROP TYPE IF EXISTS dagapp.unpublish_type;
DROP TYPE IF EXISTS dagapp.data_type;
DROP TYPE IF EXISTS dagapp.janitor_run_status;
DROP TYPE IF EXISTS dagapp.janitor_run_type;
DROP TYPE IF EXISTS dagapp.job_event_status;
DROP TYPE IF EXISTS dagapp.job_event_type;
DROP TYPE IF EXISTS dagapp.task_status;
DROP TYPE IF EXISTS dagapp.job_status;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.1.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.1.0 completed'; END $$;
