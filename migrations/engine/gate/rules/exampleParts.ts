/**
 * What the examples of rules have in common: a change that every rule lets pass, and checks as they stand in sections.
 * Does NOT hold a rule.
 */

/** A change and its rollback. */
export const jobsRegion = {
  body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
  rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
} as const;

export const bodies = {
  table: "CREATE TABLE dagapp.remarks (remark_id INTEGER);",
  dropTable: "DROP TABLE IF EXISTS dagapp.remarks;",
} as const;

export const check = (condition: string): string =>
  `DO $$\nBEGIN\n    IF ${condition} THEN\n        RAISE EXCEPTION 'Check failed';\n    END IF;\nEND $$;`;
export const previousApplied = check(
  "NOT EXISTS (SELECT 1 FROM public.schema_migrations WHERE version = '1.0.0' AND applied)",
);
export const notLocked = check(
  "EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'dagapp.jobs'::regclass AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid())",
);
export const remarksExist = check("to_regclass('dagapp.remarks') IS NULL");
export const notice = "DO $$ BEGIN RAISE NOTICE 'Migration 1.1.0 completed successfully'; END $$;";
