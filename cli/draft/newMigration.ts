/**
 * The texts of a new migration and its rollback: everything that can be known before the change is written. What only
 * a person can write stays a placeholder in brackets, which `ddl check` names. Pure.
 * Does NOT choose number, version or date, nor write a file (see commands/new.ts).
 */
import { ledgerTable } from "../../stack/ownTables";
import type { Change } from "./change";

/** What is known of the new migration. */
export interface NewMigration {
  /** `004_add_status_to_jobs` */
  readonly name: string;
  readonly version: string;
  readonly ticket: string;
  readonly author: string;
  /** ISO date. */
  readonly created: string;
  /** One sentence without full stop. */
  readonly description: string;
  readonly previous: { readonly fileName: string; readonly version: string } | null;
  /** Existing tables that will be altered, with their schema. */
  readonly tables: readonly string[];
  /** The change itself, where it is known; absent: a person writes it. */
  readonly change?: Change;
}

/** Placeholders: ddl check asks for each. */
const unknownImpact = {
  estimatedDuration: "[for the size that the tables have in prod]",
  downtimeRequired: "[Yes/No]",
  lockEscalationRisk: "[Low/Medium/High]",
  dataRecovery: "[Automatic/Manual/Not possible]",
};

export interface NewFiles {
  readonly forward: string;
  readonly rollback: string;
}

const rule = `-- ${"=".repeat(76)}`;
const banner = (title: string): string => `${rule}\n-- ${title}\n${rule}`;

/** A text between single quotes. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** `004` of `004_add_status` */
const numberText = (name: string): string => name.slice(0, name.indexOf("_"));

const schemasOf = ({ tables, change }: NewMigration): readonly string[] => {
  if (change !== undefined && change.schemas.length > 0) return change.schemas;
  const schemas = tables.map((table) => table.split(".")[0] ?? "");
  return schemas.length === 0 ? ["dagapp"] : [...new Set(schemas)];
};

const openReason = "[what it does to whoever uses it, and why they bear it]";

const exceptionBlock = (change: Change | undefined): string =>
  change?.exceptions === undefined || change.exceptions.length === 0
    ? ""
    : `--\n-- EXCEPTIONS:\n${change.exceptions
        .map((id) => `--   - ${id}: ${change.exceptionReason ?? openReason}\n`)
        .join("")}`;

function header(migration: NewMigration): string {
  const { name, version, ticket, author, created, description, previous, tables, change } =
    migration;
  const remarks = (change?.remarks ?? []).map((line) => `\n--   ${line}`).join("");
  const impact = change?.impact ?? unknownImpact;
  const affected = change === undefined ? "[schema.table, …]" : "None";
  const dependency =
    previous === null
      ? "None"
      : `Requires migration ${numberText(previous.fileName)} to be applied first`;
  return `${rule}
-- MIGRATION: ${name}.sql
${rule}
-- VERSION:     ${version}
-- TICKET:      ${ticket}
-- AUTHOR:      ${author}
-- CREATED:     ${created}
-- REVIEWED BY:
-- REVIEWED ON:
${rule}
-- DESCRIPTION:
--   ${description}.${remarks}
--
-- DEPENDENCIES:
--   - ${dependency}
--
-- IMPACT:
--   - Tables affected: ${tables.length === 0 ? affected : tables.join(", ")}
--   - Estimated duration: ${impact.estimatedDuration}
--   - Downtime required: ${impact.downtimeRequired}
--   - Lock escalation risk: ${impact.lockEscalationRisk}
--
-- ROLLBACK:
--   - Rollback script: ${name}_rollback.sql
--   - Rollback tested: No
--   - Data recovery: ${impact.dataRecovery}
${exceptionBlock(change)}${rule}`;
}

function ownerCheck(schemas: readonly string[]): string {
  return `-- Check 1: The role that runs this owns the schema, so that it will own what is made
DO $$
DECLARE
    strange TEXT;
BEGIN
    SELECT string_agg(wanted.name, ', ' ORDER BY wanted.name) INTO strange
    FROM (VALUES ${schemas.map((schema) => `(${literal(schema)})`).join(", ")}) AS wanted (name)
    LEFT JOIN pg_catalog.pg_namespace AS found
        ON found.nspname = wanted.name AND pg_get_userbyid(found.nspowner) = current_user
    WHERE found.oid IS NULL;

    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'Schema % is missing or is not owned by %', strange, current_user
            USING HINT = 'Run this as the infrastructure role: PGOPTIONS=''-c role=NAME'' psql -f ...';
    END IF;
END $$;`;
}

function versionCheck({ name, version, previous }: NewMigration): string {
  const before =
    previous === null
      ? ""
      : `    IF NOT EXISTS (
        SELECT 1 FROM ${ledgerTable} AS ledger
        WHERE ledger.version = '${previous.version}' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration ${version} needs migration ${previous.version}, which is not applied'
            USING HINT = 'Apply ${previous.fileName} first.';
    END IF;
`;
  const title =
    previous === null
      ? "This version is not applied"
      : "The version before is applied, this one is not";
  return `-- Check 2: ${title}
DO $$
BEGIN
${before}    IF EXISTS (
        SELECT 1 FROM ${ledgerTable} AS ledger
        WHERE ledger.version = '${version}' AND ledger.applied
    ) THEN
        RAISE EXCEPTION 'Migration ${version} is applied already'
            USING HINT = 'To apply it again, run ${name}_rollback.sql first.';
    END IF;
END $$;`;
}

const strongModes = `('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`;

function lockCheck({ version, tables }: NewMigration, schemas: readonly string[]): string {
  const [title, what, condition, problem] =
    tables.length === 0
      ? [
          `No other session is changing or dropping the schema. Where an existing table is altered,
-- look for locks on it instead: held.relation IN (to_regclass('schema.table'), …)`,
          `'process %s', held.pid`,
          `held.classid = 'pg_catalog.pg_namespace'::REGCLASS
      AND held.objid IN (${schemas.map((schema) => `${literal(schema)}::REGNAMESPACE`).join(", ")})`,
          "Another session locks a schema of this migration: %",
        ]
      : [
          `No other session holds, or waits for, a strong lock on the tables that are altered.
-- Ordinary reads and writes pass: for those the lock timeout of the run is the remedy.`,
          `'%s on %s by process %s', held.mode, held.relation::REGCLASS, held.pid`,
          `held.relation IN (${tables.map((table) => `to_regclass(${literal(table)})`).join(", ")})`,
          `Another session locks a table that ${version} alters: %`,
        ];
  return `-- Check 3: ${title}
DO $$
DECLARE
    holders TEXT;
BEGIN
    SELECT string_agg(DISTINCT format(${what}), ', ') INTO holders
    FROM pg_catalog.pg_locks AS held
    JOIN pg_catalog.pg_database AS this ON this.oid = held.database
    WHERE this.datname = current_database()
      AND held.pid IS DISTINCT FROM pg_backend_pid()
      AND ${condition}
      AND held.mode IN ${strongModes};

    IF holders IS NOT NULL THEN
        RAISE EXCEPTION '${problem}', holders
            USING HINT = 'Let that session end, then start again.';
    END IF;
END $$;`;
}

function startRow({ version, description, ticket }: NewMigration): string {
  return `-- Check 4: Record the start
INSERT INTO ${ledgerTable}
    (version, description, started_at, applied, executed_by, ticket_number)
VALUES
    (
        '${version}',
        ${literal(description)},
        now(),
        false,
        session_user,
        '${ticket}'
    )
ON CONFLICT (version) DO UPDATE SET
    description = EXCLUDED.description,
    started_at = now(),
    completed_at = NULL,
    applied = false,
    rolled_back_at = NULL,
    executed_by = EXCLUDED.executed_by,
    ticket_number = EXCLUDED.ticket_number;`;
}

/** Everything that the change makes, one condition a line. */
function validation({ looks }: Change, { name, version }: NewMigration): string {
  if (looks.length === 0)
    return "-- Nothing is there that was not there before: nothing to look for.";
  const rows = looks.map((one) => `        (${literal(one.name)}, ${one.isMissing})`).join(",\n");
  return `-- Validation 1: everything that this file makes is there
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.name, ', ' ORDER BY expected.name) INTO missing
    FROM (VALUES
${rows}
    ) AS expected (name, is_missing)
    WHERE expected.is_missing;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing: %', missing
            USING HINT = 'Run ${name}_rollback.sql, find out why, apply ${version} again.';
    END IF;
END $$;`;
}

const openValidation = ({
  name,
  version,
}: NewMigration): string => `-- Validation 1: everything that this file makes is there. It fails until the placeholder is replaced. Add a block
-- for each other kind: columns, constraints (convalidated), indexes (indisvalid), functions, triggers.
DO $$
DECLARE
    missing TEXT;
BEGIN
    SELECT string_agg(expected.name, ', ' ORDER BY expected.name) INTO missing
    FROM (VALUES
        ('[schema.table]')
    ) AS expected (name)
    WHERE to_regclass(expected.name) IS NULL;

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Validation failed: missing: %', missing
            USING HINT = 'Run ${name}_rollback.sql, find out why, apply ${version} again.';
    END IF;
END $$;`;

function postflight(migration: NewMigration): string {
  const { version, change } = migration;
  return `${change === undefined ? openValidation(migration) : validation(change, migration)}

-- Record completion
UPDATE ${ledgerTable}
SET applied = true, completed_at = now()
WHERE version = '${version}';

DO $$ BEGIN RAISE NOTICE 'Migration ${version} completed successfully'; END $$;`;
}

const statements = (list: readonly string[]): string => list.map((sql) => `${sql};`).join("\n\n");

/** The section between BEGIN and COMMIT, and what runs behind it. */
function segments(together: readonly string[], alone: readonly string[], end = ""): string {
  const inside = [statements(together), end].filter((part) => part !== "").join("\n\n");
  return [
    ...(inside === "" ? [] : [`BEGIN;\n\n${inside}\n\nCOMMIT;`]),
    ...(alone.length === 0 ? [] : [statements(alone)]),
  ].join("\n\n");
}

const openChange = `-- What stands between BEGIN and COMMIT happens whole or not at all. CREATE INDEX CONCURRENTLY
-- goes behind the COMMIT.

BEGIN;

-- Step 1: [what changes]

COMMIT;`;

function forwardText(migration: NewMigration): string {
  const schemas = schemasOf(migration);
  const { change } = migration;
  return `${header(migration)}

${banner("PRE-FLIGHT CHECKS")}
-- Nothing has been changed when one of these fails. Stop and look into it.

${ownerCheck(schemas)}

${versionCheck(migration)}

${lockCheck(migration, schemas)}

${startRow(migration)}

${banner("MIGRATION")}
${change === undefined ? openChange : segments(change.together, change.alone)}

${banner("POST-FLIGHT VALIDATION")}

${postflight(migration)}
`;
}

function rollbackText({ name, version, ticket, change }: NewMigration): string {
  const losses = change?.losses ?? ["[what is lost, and where it could be had from]"];
  const warning = (losses.length === 0 ? ["Nothing is lost."] : losses).join("\n--          ");
  const record = `-- Record the rollback
UPDATE ${ledgerTable}
SET applied = false, rolled_back_at = now()
WHERE version = '${version}';`;
  const [major = "0", minor = "0", patch = "0"] = version.split(/[.-]/);
  return `${rule}
-- ROLLBACK: ${name}_rollback.sql
${rule}
-- TICKET:      ${ticket}
-- ROLLS BACK:  ${version}
${rule}
-- WARNING: ${warning}
${rule}

-- Newest first: a later migration may rest on what this file drops.
DO $$
DECLARE
    later TEXT;
BEGIN
    SELECT string_agg(ledger.version, ', ' ORDER BY ledger.id DESC) INTO later
    FROM ${ledgerTable} AS ledger
    WHERE ledger.applied
      AND string_to_array(substring(ledger.version FROM '^[0-9]+[.][0-9]+[.][0-9]+'), '.')::INTEGER[]
          > ARRAY[${major}, ${minor}, ${patch}];

    IF later IS NOT NULL THEN
        RAISE EXCEPTION 'Cannot roll back ${version} while later versions are applied: %', later
            USING HINT = 'Roll those back first, in the order given.';
    END IF;
END $$;

${
  change === undefined
    ? `BEGIN;

-- Step 1: [the drops, in reverse order, each IF EXISTS and without CASCADE]

${record}

COMMIT;`
    : rollbackSegments(change, record)
}

DO $$ BEGIN RAISE NOTICE 'Rollback of ${version} completed'; END $$;
`;
}

/** The record is the end of it: in the one transaction, or, behind what runs alone, in one of its own. */
const rollbackSegments = ({ backTogether, backAlone }: Change, record: string): string =>
  backAlone.length === 0
    ? segments(backTogether, [], record)
    : `${segments(backTogether, backAlone)}\n\n${segments([], [], record)}`;

/** Both files. */
export const newMigrationFiles = (migration: NewMigration): NewFiles => ({
  forward: forwardText(migration),
  rollback: rollbackText(migration),
});
