-- ============================================================================
-- MIGRATION: 002_add_dag_tables.sql
-- ============================================================================
-- VERSION:     0.2.0
-- TICKET:      CHG-2026-0102
-- AUTHOR:      Geospatial platform team
-- CREATED:     2026-03-16
-- REVIEWED BY: Database administration
-- REVIEWED ON: 2026-03-18
-- ============================================================================
-- DESCRIPTION:
--   Makes the tables in which the orchestrator keeps a workflow as a directed acyclic graph
--   (DAG): runs, tasks, and which task waits for which. All are new and empty; jobs and tasks
--   of 001 stay as they are.
--   A rollback drops the tables with their rows; these come back only from a backup.
--
-- DEPENDENCIES:
--   - Requires migration 001 to be applied first
--
-- IMPACT:
--   - Tables affected: dagapp.workflow_runs, dagapp.workflow_tasks, dagapp.workflow_task_deps
--   - Estimated duration: 1 minute
--   - Downtime required: No
--   - Lock escalation risk: Low
--
-- ROLLBACK:
--   - Rollback script: 002_add_dag_tables_rollback.sql
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
        WHERE ledger.version = '0.1.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.2.0 needs migration 0.1.0, which is not applied'
            USING HINT = 'Apply 001_initial_schema.sql first.';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.schema_migrations AS ledger
        WHERE ledger.version = '0.2.0' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration 0.2.0 is applied already'
            USING HINT = 'To apply it again, run 002_add_dag_tables_rollback.sql first.';
    END IF;
END $$;

-- Check 3: No other session is changing or dropping the schema. No table of an earlier
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
      AND held.objid IN ('dagapp'::REGNAMESPACE)
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
        '0.2.0',
        'Workflow runs, their tasks and the edges between them',
        now(),
        false,
        session_user,
        'CHG-2026-0102'
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
-- One transaction: all or nothing.

BEGIN;

-- Step 1: Enum types

CREATE TYPE dagapp.workflow_run_status AS ENUM ('pending', 'running', 'completed', 'failed');
CREATE TYPE dagapp.workflow_task_status AS ENUM (
    'pending', 'ready', 'running', 'completed', 'failed', 'skipped', 'expanded', 'cancelled'
);

COMMENT ON TYPE dagapp.workflow_task_status IS
    'ready: every task it waits for has ended; expanded: replaced by the instances of a fan-out.';

-- Step 2: Runs

CREATE TABLE dagapp.workflow_runs (
    run_id VARCHAR(64) NOT NULL,
    workflow_name VARCHAR(100) NOT NULL,
    parameters JSONB NOT NULL DEFAULT '{}',
    status dagapp.workflow_run_status NOT NULL DEFAULT 'pending',
    definition JSONB NOT NULL,
    platform_version VARCHAR(20) NOT NULL,
    result_data JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    started_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    request_id VARCHAR(100),
    asset_id VARCHAR(64),
    release_id VARCHAR(64),
    legacy_job_id VARCHAR(64),
    CONSTRAINT workflow_runs_pkey PRIMARY KEY (run_id)
);

CREATE INDEX idx_workflow_runs_workflow_name ON dagapp.workflow_runs (workflow_name);
CREATE INDEX idx_workflow_runs_active ON dagapp.workflow_runs (status)
    WHERE status IN ('pending', 'running');
CREATE INDEX idx_workflow_runs_created_at ON dagapp.workflow_runs (created_at DESC);
CREATE INDEX idx_workflow_runs_request_id ON dagapp.workflow_runs (request_id)
    WHERE request_id IS NOT NULL;

COMMENT ON TABLE dagapp.workflow_runs IS 'One row for each start of a workflow, a graph of tasks.';
COMMENT ON COLUMN dagapp.workflow_runs.definition IS
    'The workflow as it was when the run began; a later change of the workflow does not touch the run.';
COMMENT ON COLUMN dagapp.workflow_runs.platform_version IS 'Version of the application that started the run.';
COMMENT ON COLUMN dagapp.workflow_runs.request_id IS
    'Request that caused the run. The links to requests, assets, releases and jobs have no foreign '
    'key: a run stays when what it worked on is gone.';
COMMENT ON COLUMN dagapp.workflow_runs.legacy_job_id IS
    'Row of dagapp.jobs that stands for this run towards clients of the older interface.';

-- Step 3: Tasks of a run

CREATE TABLE dagapp.workflow_tasks (
    task_instance_id VARCHAR(100) NOT NULL,
    run_id VARCHAR(64) NOT NULL,
    task_name VARCHAR(100) NOT NULL,
    handler VARCHAR(100) NOT NULL,
    status dagapp.workflow_task_status NOT NULL DEFAULT 'pending',
    fan_out_index INTEGER,
    fan_out_source VARCHAR(100),
    when_clause VARCHAR(500),
    parameters JSONB,
    result_data JSONB,
    error_details TEXT,
    retry_count INTEGER NOT NULL DEFAULT 0,
    max_retries INTEGER NOT NULL DEFAULT 3,
    claimed_by VARCHAR(100),
    last_pulse TIMESTAMPTZ,
    execute_after TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT workflow_tasks_pkey PRIMARY KEY (task_instance_id),
    -- Not distinct: a task that does not fan out has no index, and exists once for each run.
    CONSTRAINT workflow_tasks_run_id_task_name_fan_out_index_key
        UNIQUE NULLS NOT DISTINCT (run_id, task_name, fan_out_index),
    CONSTRAINT workflow_tasks_run_id_fkey FOREIGN KEY (run_id)
        REFERENCES dagapp.workflow_runs (run_id) ON DELETE CASCADE,
    CONSTRAINT workflow_tasks_fan_out_index_check CHECK (fan_out_index >= 0),
    CONSTRAINT workflow_tasks_retry_count_check CHECK (retry_count >= 0 AND max_retries >= 0)
);

CREATE INDEX idx_workflow_tasks_open ON dagapp.workflow_tasks (status)
    WHERE status IN ('pending', 'ready', 'running');
CREATE INDEX idx_workflow_tasks_running_pulse ON dagapp.workflow_tasks (status, last_pulse)
    WHERE status = 'running';
CREATE INDEX idx_workflow_tasks_claim ON dagapp.workflow_tasks (status, execute_after, created_at)
    WHERE status = 'ready';

COMMENT ON TABLE dagapp.workflow_tasks IS
    'Tasks of a run. Workers claim ready ones with SELECT ... FOR UPDATE SKIP LOCKED.';
COMMENT ON COLUMN dagapp.workflow_tasks.fan_out_index IS
    'Number of the instance, from 0, when one task was expanded over a list; otherwise NULL.';
COMMENT ON COLUMN dagapp.workflow_tasks.fan_out_source IS 'Name of the task that was expanded.';
COMMENT ON COLUMN dagapp.workflow_tasks.when_clause IS
    'Condition on earlier results; the task is skipped when it does not hold.';
COMMENT ON COLUMN dagapp.workflow_tasks.claimed_by IS 'Worker that holds the task.';
COMMENT ON COLUMN dagapp.workflow_tasks.last_pulse IS 'Last sign of life of that worker.';
COMMENT ON COLUMN dagapp.workflow_tasks.execute_after IS 'Not before this time; NULL is at once.';

CREATE TRIGGER update_workflow_tasks_updated_at
    BEFORE UPDATE ON dagapp.workflow_tasks
    FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();

-- Step 4: Edges of the graph

CREATE TABLE dagapp.workflow_task_deps (
    task_instance_id VARCHAR(100) NOT NULL,
    depends_on_instance_id VARCHAR(100) NOT NULL,
    optional BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT workflow_task_deps_pkey PRIMARY KEY (task_instance_id, depends_on_instance_id),
    CONSTRAINT workflow_task_deps_task_instance_id_fkey FOREIGN KEY (task_instance_id)
        REFERENCES dagapp.workflow_tasks (task_instance_id) ON DELETE CASCADE,
    CONSTRAINT workflow_task_deps_depends_on_instance_id_fkey FOREIGN KEY (depends_on_instance_id)
        REFERENCES dagapp.workflow_tasks (task_instance_id) ON DELETE CASCADE,
    CONSTRAINT workflow_task_deps_self_check CHECK (task_instance_id <> depends_on_instance_id)
);

-- For the cascade, and to find what becomes ready when a task ends.
CREATE INDEX idx_workflow_task_deps_depends_on ON dagapp.workflow_task_deps (depends_on_instance_id);

COMMENT ON TABLE dagapp.workflow_task_deps IS 'Which task waits for which.';
COMMENT ON COLUMN dagapp.workflow_task_deps.optional IS
    'True: the task also becomes ready when the other one was skipped or failed.';

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
        ('dagapp.workflow_run_status', 'pending running completed failed'),
        (
            'dagapp.workflow_task_status',
            'pending ready running completed failed skipped expanded cancelled'
        )
    ) AS expected (type_name, labels)
    CROSS JOIN LATERAL unnest(string_to_array(expected.labels, ' ')) AS label (name)
    LEFT JOIN pg_catalog.pg_enum AS found
        ON found.enumtypid = to_regtype(expected.type_name) AND found.enumlabel = label.name
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing enum label: %', missing
            USING HINT = 'Run 002_add_dag_tables_rollback.sql, find out why, apply 0.2.0 again.';
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
        ('dagapp.workflow_runs'),
        ('dagapp.workflow_tasks'),
        ('dagapp.workflow_task_deps')
    ) AS expected (table_name)
    LEFT JOIN pg_catalog.pg_class AS found
        ON found.oid = to_regclass(expected.table_name) AND found.relkind = 'r'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing table: %', missing
            USING HINT = 'Run 002_add_dag_tables_rollback.sql, find out why, apply 0.2.0 again.';
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
            'dagapp.workflow_runs',
            'run_id workflow_name parameters status definition platform_version result_data '
            'created_at started_at completed_at request_id asset_id release_id legacy_job_id'
        ),
        (
            'dagapp.workflow_tasks',
            'task_instance_id run_id task_name handler status fan_out_index fan_out_source '
            'when_clause parameters result_data error_details retry_count max_retries '
            'claimed_by last_pulse execute_after started_at completed_at created_at '
            'updated_at'
        ),
        ('dagapp.workflow_task_deps', 'task_instance_id depends_on_instance_id optional')
    ) AS expected (table_name, columns)
    CROSS JOIN LATERAL unnest(string_to_array(expected.columns, ' ')) AS wanted (name)
    LEFT JOIN pg_catalog.pg_attribute AS found
        ON found.attrelid = to_regclass(expected.table_name)
        AND found.attname = wanted.name
        AND NOT found.attisdropped
    WHERE found.attrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing column: %', missing
            USING HINT = 'Run 002_add_dag_tables_rollback.sql, find out why, apply 0.2.0 again.';
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
        ('dagapp.workflow_runs', 'status', 'dagapp.workflow_run_status'),
        ('dagapp.workflow_tasks', 'status', 'dagapp.workflow_task_status')
    ) AS expected (table_name, column_name, type_name)
    LEFT JOIN pg_catalog.pg_attribute AS found
        ON found.attrelid = to_regclass(expected.table_name)
        AND found.attname = expected.column_name
        AND found.atttypid = to_regtype(expected.type_name)
    WHERE found.attrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: wrong column type: %', missing
            USING HINT = 'Run 002_add_dag_tables_rollback.sql, find out why, apply 0.2.0 again.';
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
        ('dagapp.workflow_runs', 'workflow_runs_pkey'),
        (
            'dagapp.workflow_tasks',
            'workflow_tasks_pkey workflow_tasks_run_id_task_name_fan_out_index_key '
            'workflow_tasks_run_id_fkey workflow_tasks_fan_out_index_check '
            'workflow_tasks_retry_count_check'
        ),
        (
            'dagapp.workflow_task_deps',
            'workflow_task_deps_pkey workflow_task_deps_task_instance_id_fkey '
            'workflow_task_deps_depends_on_instance_id_fkey workflow_task_deps_self_check'
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
            USING HINT = 'Run 002_add_dag_tables_rollback.sql, find out why, apply 0.2.0 again.';
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
        ('dagapp.idx_workflow_runs_workflow_name'),
        ('dagapp.idx_workflow_runs_active'),
        ('dagapp.idx_workflow_runs_created_at'),
        ('dagapp.idx_workflow_runs_request_id'),
        ('dagapp.idx_workflow_tasks_open'),
        ('dagapp.idx_workflow_tasks_running_pulse'),
        ('dagapp.idx_workflow_tasks_claim'),
        ('dagapp.idx_workflow_task_deps_depends_on')
    ) AS expected (index_name)
    LEFT JOIN pg_catalog.pg_index AS found
        ON found.indexrelid = to_regclass(expected.index_name) AND found.indisvalid AND found.indisready
    WHERE found.indexrelid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or invalid index: %', missing
            USING HINT = 'Run 002_add_dag_tables_rollback.sql, find out why, apply 0.2.0 again.';
    END IF;
END $$;

-- Validation 7: triggers exist and are enabled
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
        ('dagapp.workflow_tasks', 'update_workflow_tasks_updated_at')
    ) AS expected (table_name, trigger_name)
    LEFT JOIN pg_catalog.pg_trigger AS found
        ON found.tgrelid = to_regclass(expected.table_name)
        AND found.tgname = expected.trigger_name
        AND found.tgenabled = 'O'
    WHERE found.oid IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing or disabled trigger: %', missing
            USING HINT = 'Run 002_add_dag_tables_rollback.sql, find out why, apply 0.2.0 again.';
    END IF;
END $$;

-- Record completion
UPDATE public.schema_migrations
SET applied = true, completed_at = now()
WHERE version = '0.2.0';

DO $$ BEGIN RAISE NOTICE 'Migration 0.2.0 completed successfully'; END $$;
