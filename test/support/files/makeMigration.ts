/**
 * Builds migration files for tests: a well-formed pair, of which a test changes one thing.
 * Does NOT touch the disk.
 */
import { type MigrationFile, parseMigration } from "../../../migrations/engine/files/file";

/** Parts of the generated pair; each has a well-formed default. */
export interface MigrationParts {
  readonly name?: string;
  readonly version?: string;
  readonly ticket?: string;
  readonly author?: string;
  readonly reviewedBy?: string;
  readonly reviewedOn?: string;
  readonly tested?: string;
  readonly recovery?: string;
  readonly preflight?: string;
  readonly body?: string;
  readonly postflight?: string;
  readonly rollbackBody?: string;
  readonly downtime?: "Yes" | "No";
  /** Behind the rollback's COMMIT. */
  readonly rollbackEnd?: string;
  readonly tables?: string;
  readonly risk?: string;
  /** Further bullets of IMPACT, such as "Lock timeout: 500 ms". */
  readonly limits?: readonly string[];
  /** Further fields of the rollback's header, such as "LOCK TIMEOUT: 500 ms". */
  readonly rollbackLimits?: readonly string[];
  /** The one bullet of DEPENDENCIES. */
  readonly dependency?: string;
  /** The one bullet of EXCEPTIONS. */
  readonly exceptions?: string;
}

const rule = `-- ${"=".repeat(76)}`;

/** The text of the forward file. */
export function forwardText(parts: MigrationParts = {}): string {
  const name = parts.name ?? "001_add_jobs";
  const version = parts.version ?? "1.0.0";
  return `${rule}
-- MIGRATION: ${name}.sql
${rule}
-- VERSION:     ${version}
-- TICKET:      ${parts.ticket ?? "CHG-2026-0142"}
-- AUTHOR:      ${parts.author ?? "Ada"}
-- CREATED:     2026-01-29
-- REVIEWED BY: ${parts.reviewedBy ?? "Grace"}
-- REVIEWED ON: ${parts.reviewedOn ?? "2026-01-30"}
${rule}
-- DESCRIPTION:
--   Adds a table.
--
-- DEPENDENCIES:
--   - ${parts.dependency ?? "None"}
--
-- IMPACT:
--   - Tables affected: ${parts.tables ?? "dagapp.jobs"}
--   - Estimated duration: 1 minute
--   - Downtime required: ${parts.downtime ?? "No"}
--   - Lock escalation risk: ${parts.risk ?? "Low"}
${(parts.limits ?? []).map((line) => `--   - ${line}\n`).join("")}--
-- ROLLBACK:
--   - Rollback script: ${name}_rollback.sql
--   - Rollback tested: ${parts.tested ?? "Yes"}
--   - Data recovery: ${parts.recovery ?? "Manual"}
${parts.exceptions === undefined ? "" : `--\n-- EXCEPTIONS:\n--   - ${parts.exceptions}\n`}${rule}

${rule}
-- PRE-FLIGHT CHECKS
${rule}
${parts.preflight ?? ""}
INSERT INTO public.schema_migrations (version, description, started_at, applied)
VALUES ('${version}', 'Adds a table', now(), false);

${rule}
-- MIGRATION
${rule}
${parts.body ?? "BEGIN;\nCREATE TABLE dagapp.jobs (job_id TEXT PRIMARY KEY);\nCOMMIT;"}

${rule}
-- POST-FLIGHT VALIDATION
${rule}
${parts.postflight ?? ""}
UPDATE public.schema_migrations SET applied = true, completed_at = now() WHERE version = '${version}';
`;
}

/** The text of the rollback file. */
export function rollbackText(parts: MigrationParts = {}): string {
  const version = parts.version ?? "1.0.0";
  return `${rule}
-- ROLLBACK: ${parts.name ?? "001_add_jobs"}_rollback.sql
${rule}
-- TICKET:      ${parts.ticket ?? "CHG-2026-0142"}
-- ROLLS BACK:  ${version}
${(parts.rollbackLimits ?? []).map((line) => `-- ${line}\n`).join("")}${rule}
-- WARNING: Drops the table.
${rule}

BEGIN;
${parts.rollbackBody ?? "DROP TABLE IF EXISTS dagapp.jobs;"}
UPDATE public.schema_migrations SET applied = false, rolled_back_at = now() WHERE version = '${version}';
COMMIT;
${parts.rollbackEnd ?? ""}`;
}

/** The parsed pair; throws when the parts do not make a well-formed one. The parser must be loaded. */
export function makeMigration(parts: MigrationParts = {}, withRollback = true): MigrationFile {
  const name = parts.name ?? "001_add_jobs";
  const rollback = { name: `${name}_rollback.sql`, bytes: Buffer.from(rollbackText(parts)) };
  const parsed = parseMigration(
    `${name}.sql`,
    Buffer.from(forwardText(parts)),
    withRollback ? rollback : null,
  );
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems, null, 2));
  return parsed.migration;
}
