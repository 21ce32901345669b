-- ============================================================================
-- ROLLBACK: 013_drop_dataset_approvals_rollback.sql
-- ============================================================================
-- TICKET:      CHG-2026-0113
-- ROLLS BACK:  0.13.0
-- ============================================================================
-- WARNING: Makes table and type again, without rows: those come back only from the backup named
-- in the migration.
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
          > ARRAY[0, 13, 0];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back 0.13.0 while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

BEGIN;

-- Type and table, as 001 and 012 left them
DO $$
BEGIN
    -- Only where 0.13.0 has been: elsewhere the table is still there, or was never made.
    IF to_regclass('dagapp.dataset_approvals_retired') IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM public.schema_migrations AS ledger WHERE ledger.version = '0.13.0')
    THEN
        RETURN;
    END IF;

    CREATE TYPE dagapp.approval_status AS ENUM ('pending', 'approved', 'rejected', 'revoked');

    -- Under its first name, after which PostgreSQL 18 names its NOT NULL constraints.
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

    ALTER TABLE dagapp.dataset_approvals RENAME TO dataset_approvals_retired;

    CREATE INDEX idx_dataset_approvals_status ON dagapp.dataset_approvals_retired (status);
    CREATE INDEX idx_dataset_approvals_created_at
        ON dagapp.dataset_approvals_retired (created_at DESC);
    CREATE INDEX idx_dataset_approvals_job_id ON dagapp.dataset_approvals_retired (job_id);
    CREATE INDEX idx_dataset_approvals_stac_item_id
        ON dagapp.dataset_approvals_retired (stac_item_id) WHERE stac_item_id IS NOT NULL;
    CREATE INDEX idx_dataset_approvals_stac_collection_id
        ON dagapp.dataset_approvals_retired (stac_collection_id) WHERE stac_collection_id IS NOT NULL;

    CREATE TRIGGER update_dataset_approvals_updated_at
        BEFORE UPDATE ON dagapp.dataset_approvals_retired
        FOR EACH ROW EXECUTE FUNCTION dagapp.update_updated_at_column();

    COMMENT ON TABLE dagapp.dataset_approvals_retired IS
        'drop after 2026-06-12: decisions to publish a data set, which moved onto the assets with 003';
    COMMENT ON COLUMN dagapp.dataset_approvals_retired.adf_run_id IS
        'Data Factory run that copied the data to the public zone.';
END $$;

-- Record the rollback
UPDATE public.schema_migrations
SET applied = false, rolled_back_at = now()
WHERE version = '0.13.0';

COMMIT;

DO $$ BEGIN RAISE NOTICE 'Rollback of 0.13.0 completed'; END $$;
