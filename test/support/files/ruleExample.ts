/**
 * Makes whole migrations of the examples on the rules' pages: what an example leaves out is as every rule wants it.
 * Does NOT touch the disk.
 */
import { type MigrationFile, parseMigration } from "../../../migrations/engine/files/file";
import type { Example } from "../../../migrations/engine/gate/input/examples";
import { forwardText, rollbackText } from "./makeMigration";

/** The schemas that the examples' migrations may change. */
export const exampleSchemas = ["dagapp", "geoapi", "pgstac"];
/** The day on which the examples are judged. */
export const exampleDay = new Date("2026-02-01T12:00:00Z");

/** What the migration before an example has made. */
const exampleGround = `BEGIN;
CREATE TYPE dagapp.job_status AS ENUM ('queued', 'done');
CREATE DOMAIN dagapp.ordinal AS INTEGER;
CREATE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE dagapp.jobs (
    job_id TEXT NOT NULL, status dagapp.job_status, stage INTEGER, owner TEXT, span TSTZRANGE,
    CONSTRAINT jobs_pkey PRIMARY KEY (job_id)
);
CREATE INDEX idx_jobs_status ON dagapp.jobs (status);
CREATE TABLE dagapp.tasks (task_id TEXT PRIMARY KEY, job_id TEXT);
CREATE TABLE dagapp.notes (note_id INTEGER, body TEXT);
CREATE TABLE dagapp.events (event_id INTEGER, happened DATE) PARTITION BY RANGE (happened);
CREATE TABLE dagapp.events_2025 PARTITION OF dagapp.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE MATERIALIZED VIEW dagapp.job_counts AS SELECT status, count(*) AS jobs FROM dagapp.jobs GROUP BY status;
CREATE UNIQUE INDEX job_counts_status ON dagapp.job_counts (status);
COMMIT;`;

const groundRollback = `DROP MATERIALIZED VIEW IF EXISTS dagapp.job_counts;
DROP TABLE IF EXISTS dagapp.events_2025;
DROP TABLE IF EXISTS dagapp.events;
DROP TABLE IF EXISTS dagapp.notes;
DROP TABLE IF EXISTS dagapp.tasks;
DROP TABLE IF EXISTS dagapp.jobs;
DROP FUNCTION IF EXISTS dagapp.touch();
DROP DOMAIN IF EXISTS dagapp.ordinal;
DROP TYPE IF EXISTS dagapp.job_status;`;

const block = (condition: string): string =>
  `DO $$\nBEGIN\n    IF ${condition} THEN\n        RAISE EXCEPTION 'Check failed';\n    END IF;\nEND $$;`;

const words = (sql: string): string =>
  [...new Set(sql.match(/[a-z_][a-z0-9_]*/g) ?? [])].map((word) => `'${word}'`).join(", ");

const preflightOf = (previous: string | null, body: string): string =>
  [
    ...(previous === null
      ? []
      : [
          block(
            `NOT EXISTS (SELECT 1 FROM public.schema_migrations WHERE version = '${previous}' AND applied)`,
          ),
        ]),
    block(
      `EXISTS (SELECT 1 FROM pg_locks JOIN pg_class ON oid = relation WHERE NOT granted AND relname IN (${words(body)}))`,
    ),
  ].join("\n");

const postflightOf = (version: string, body: string): string =>
  [
    block(
      `false AND EXISTS (SELECT 1 FROM pg_index WHERE indisvalid AND indexrelid::TEXT IN (${words(body)}))`,
    ),
    `DO $$ BEGIN RAISE NOTICE 'Migration ${version} completed successfully'; END $$;`,
  ].join("\n");

function setField(text: string, label: string, value: string): string {
  if (label === "EXCEPTIONS" || label === "Backup reference") {
    const above = /--   - Data recovery: .*\n(?:--   - Backup reference: .*\n)?/;
    const lines =
      label === "EXCEPTIONS"
        ? `--\n-- EXCEPTIONS:\n${value
            .split("\n")
            .map((line) => `--   - ${line}\n`)
            .join("")}`
        : `--   - ${label}: ${value}\n`;
    return text.replace(above, (found) => found + lines);
  }
  if (label === "Lock timeout" || label === "Statement timeout") {
    return text.replace(/--   - Lock escalation risk: .*\n/, `$&--   - ${label}: ${value}\n`);
  }
  return text.replace(new RegExp(`(- ${label}: ).*`), `$1${value}`);
}

/** The two texts of one migration. */
export interface ExampleTexts {
  readonly name: string;
  readonly forward: string;
  /** Null where the example has no rollback file. */
  readonly rollback: string | null;
}

function textsOf(
  name: string,
  version: string,
  previous: { readonly number: string; readonly version: string } | null,
  example: Example,
): ExampleTexts {
  const body = example.body ?? "SELECT 1;";
  const tables = [...new Set(body.match(/\b(?:dagapp|geoapi|pgstac|public)\.\w+/g) ?? [])];
  const parts = {
    name,
    version,
    body,
    preflight:
      example.preflight ??
      preflightOf(
        previous?.version ?? null,
        `${body} ${tables.join(" ")} ${example.header?.["Tables affected"] ?? ""}`,
      ),
    postflight: example.postflight ?? postflightOf(version, body),
    rollbackBody: example.rollback ?? "",
    rollbackEnd: `DO $$ BEGIN RAISE NOTICE 'Rollback of ${version} completed'; END $$;\n`,
    dependency:
      example.header?.["DEPENDENCIES"] ??
      (previous === null ? "None" : `Requires migration ${previous.number} to be applied first`),
  };
  const header: Readonly<Record<string, string>> = {
    "Tables affected": tables.join(", ") || "None",
    "Lock escalation risk": "High",
    ...example.header,
  };
  const forward = Object.entries(header).reduce(
    (text, [label, value]) => setField(text, label, value),
    forwardText(parts),
  );
  return { name, forward, rollback: example.rollback === null ? null : rollbackText(parts) };
}

/** The ground, the migration before where the example has one, and the example itself, in order. */
export function exampleTexts(example: Example): readonly ExampleTexts[] {
  const ground = textsOf("001_ground", "1.0.0", null, {
    body: exampleGround,
    rollback: groundRollback,
  });
  if (example.before === undefined) {
    return [ground, textsOf("002_example", "1.1.0", { number: "001", version: "1.0.0" }, example)];
  }
  const before = textsOf(
    "002_before",
    "1.0.5",
    { number: "001", version: "1.0.0" },
    { body: example.before },
  );
  return [
    ground,
    before,
    textsOf("003_example", "1.1.0", { number: "002", version: "1.0.5" }, example),
  ];
}

/** The same as migrations, of which the last is the example. The parser must be loaded. */
export function exampleMigrations(example: Example): readonly MigrationFile[] {
  return exampleTexts(example).map(({ name, forward, rollback }) => {
    const back =
      rollback === null ? null : { name: `${name}_rollback.sql`, bytes: Buffer.from(rollback) };
    const parsed = parseMigration(`${name}.sql`, Buffer.from(forward), back);
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems, null, 2));
    return parsed.migration;
  });
}
