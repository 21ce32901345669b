/**
 * Rules about PRE-FLIGHT CHECKS and POST-FLIGHT VALIDATION: that each looks for what the policy asks.
 * Does NOT cover the start and applied rows: a file without them is not read at all (LEDGER_MISSING).
 */
import { lockModes } from "../../sql/lockModes";
import { quoted, sqlName, sqlText } from "../../sql/sqlText";
import { type Block, blocksOf, canFail, mentions } from "../input/blockTokens";
import type { Finding, GateRule } from "../input/gateRule";
import { type Change, netChanges } from "../input/netChanges";
import { actOf, type Subject } from "../input/subject";
import { docs, fileRule } from "./fileRule";
import { bodies, check, notice, notLocked, previousApplied, remarksExist } from "./sectionExamples";

/** From here on a lock keeps writers out. */
const strong = lockModes.indexOf("SHARE");

/** Existing tables that the file locks so that others wait. */
function lockedTables(subject: Subject): readonly { schema: string | null; name: string }[] {
  const tables = new Map<string, { schema: string | null; name: string }>();
  for (const { statement, locks } of subject.effects) {
    const act = actOf(subject, statement);
    for (const { object, mode } of locks) {
      if (object.kind !== "table" || lockModes.indexOf(mode) < strong) continue;
      if (act === undefined || subject.isNew(object, act)) continue;
      // Made by this very statement.
      const isOwn =
        act.action.kind === "create table" && sqlName(act.action.table) === sqlName(object);
      if (!isOwn) tables.set(sqlName(object), object);
    }
  }
  return [...tables.values()];
}

/** A finding about a section as a whole, at its first block. */
const inSection = (
  { file }: Subject,
  blocks: readonly Block[],
  section: "preflight" | "postflight",
  message: string,
  remedy: string,
): Finding => ({
  file: file.fileName,
  line:
    blocks[0]?.statement.line ??
    file.segments.find((segment) => segment.section === section)?.line ??
    null,
  message,
  remedy,
});

/** Objects that the file leaves behind and that have a name to look for. */
const createdBy = (subject: Subject): readonly Change[] =>
  netChanges(subject.acts).filter(({ sign, name }) => sign === "+" && name !== null);

const versionPattern = (version: string): RegExp =>
  new RegExp(`(?<![\\w.])${version.replaceAll(".", "\\.")}(?![\\w.-])`);

export const sectionRules: readonly GateRule[] = [
  fileRule({
    id: "preflight-previous-version",
    problem: "No pre-flight check makes sure that the version before is applied.",
    why: "under psql nothing else keeps the file from running out of its order.",
    instead:
      "a DO block that raises an exception unless the ledger has the version before as applied.",
    source: "Policy, Pre-Flight Checks: Check 1: Verify current schema version",
    exception: "reason",
    bad: { body: bodies.table, rollback: bodies.dropTable, preflight: notLocked },
    good: { body: bodies.table, rollback: bodies.dropTable, preflight: previousApplied },
    find: (subject) => {
      const previous = subject.earlier.at(-1)?.header.version;
      if (previous === undefined) return [];
      const blocks = blocksOf(subject.file.segments, "preflight");
      const isChecked = blocks.some(
        (block) =>
          canFail(block) &&
          block.words.has("schema_migrations") &&
          versionPattern(previous).test(block.constants),
      );
      if (isChecked) return [];
      return [
        inSection(
          subject,
          blocks,
          "preflight",
          `no pre-flight check looks for version ${previous} in the ledger.`,
          `DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM public.schema_migrations WHERE version = ${sqlText(previous)} AND applied) ` +
            `THEN RAISE EXCEPTION 'Migration ${previous} is not applied'; END IF; END $$;`,
        ),
      ];
    },
  }),
  fileRule({
    id: "preflight-locks",
    problem: "A table that the file locks is not looked up in pg_locks before.",
    why: "the migration would wait in the queue, and readers and writers behind it.",
    instead:
      "a DO block that raises an exception while another session holds a strong lock on the table.",
    source: "Policy, Pre-Flight Checks: Check 2: Verify no active locks on affected tables",
    exception: "reason",
    bad: {
      body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
      rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
      preflight: previousApplied,
    },
    good: {
      body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
      rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
      preflight: `${previousApplied}\n${notLocked}`,
    },
    find: (subject) => {
      const blocks = blocksOf(subject.file.segments, "preflight");
      const checks = blocks.filter((block) => canFail(block) && block.words.has("pg_locks"));
      const missing = lockedTables(subject).filter(
        ({ name }) => !checks.some((block) => mentions(block, name)),
      );
      if (missing.length === 0) return [];
      const listed = missing.map((table) => sqlText(sqlName(table)));
      return [
        inSection(
          subject,
          checks.length > 0 ? checks : blocks,
          "preflight",
          `no pre-flight check looks for locks on ${missing.map(sqlName).join(", ")}.`,
          `DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_locks WHERE relation = ANY (ARRAY[${listed.join(", ")}]::regclass[]) ` +
            "AND pid <> pg_backend_pid() AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')) " +
            "THEN RAISE EXCEPTION 'Active locks on target tables'; END IF; END $$;",
        ),
      ];
    },
  }),
  fileRule({
    id: "postflight-validates",
    problem: "An object that the file makes is not looked for in its post-flight.",
    why: "IF NOT EXISTS and a half-done run leave things out without an error; only a look at the catalog tells.",
    instead: "a DO block that raises an exception when the object is not in the catalog.",
    source: "Policy, Post-Flight Validation",
    exception: "reason",
    bad: { body: bodies.table, rollback: bodies.dropTable, postflight: notice },
    good: {
      body: bodies.table,
      rollback: bodies.dropTable,
      postflight: `${remarksExist}\n${notice}`,
    },
    find: (subject) => {
      const blocks = blocksOf(subject.file.segments, "postflight").filter(canFail);
      const missing = createdBy(subject).filter(
        ({ name }) => !blocks.some((block) => mentions(block, name ?? "")),
      );
      const keys = missing.map(({ key }) => key.replace(/^relation /, ""));
      if (keys.length === 0) return [];
      return [
        inSection(
          subject,
          blocksOf(subject.file.segments, "postflight"),
          "postflight",
          `the post-flight does not look for ${keys.join(", ")}.`,
          "DO $$ BEGIN IF NOT EXISTS (…the catalog's row…) THEN RAISE EXCEPTION 'Validation failed: " +
            `${missing.map(({ name }) => quoted(name ?? "")).join(", ")}'; END IF; END $$;`,
        ),
      ];
    },
  }),
  fileRule({
    id: "postflight-index-valid",
    problem: "An index is built CONCURRENTLY, and the post-flight does not look at indisvalid.",
    why: "an interrupted build leaves an invalid index, which IF NOT EXISTS passes over and pg_indexes lists as if it were whole.",
    instead: "look for the index in pg_index with indisvalid.",
    source: `Policy, Post-Flight Validation: Index exists; ${docs("sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY")}`,
    exception: "reason",
    bad: {
      body: "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_owner ON dagapp.jobs (owner);",
      rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;",
      postflight: `${check("NOT EXISTS (SELECT 1 FROM pg_indexes WHERE indexname = 'idx_jobs_owner')")}\n${notice}`,
    },
    good: {
      body: "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_owner ON dagapp.jobs (owner);",
      rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;",
      postflight: `${check(
        "NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('dagapp.idx_jobs_owner') AND indisvalid)",
      )}\n${notice}`,
    },
    find: (subject) => {
      const blocks = blocksOf(subject.file.segments, "postflight").filter(canFail);
      return createdBy(subject).flatMap(({ act, name }): readonly Finding[] => {
        const { action } = act;
        if (action.kind !== "create index" || !action.concurrently || name === null) return [];
        const looks = blocks.filter((block) => mentions(block, name));
        // Not looked for at all is another rule's business.
        if (looks.length === 0 || looks.some(({ words }) => words.has("indisvalid"))) return [];
        const index = sqlText(sqlName({ schema: action.table.schema, name }));
        return [
          inSection(
            subject,
            looks,
            "postflight",
            `the post-flight does not look whether ${quoted(name)} is valid.`,
            `DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(${index}) AND indisvalid) ` +
              `THEN RAISE EXCEPTION 'Validation failed: ${quoted(name)}'; END IF; END $$;`,
          ),
        ];
      });
    },
  }),
  fileRule({
    id: "completion-notice",
    problem: "The file or its rollback does not say at the end that it is done.",
    why: "under psql the notice is the only word of success.",
    instead: "a DO block with RAISE NOTICE at the end.",
    source: "Policy, Post-Flight Validation: Output success",
    exception: "reason",
    bad: { body: bodies.table, rollback: bodies.dropTable, postflight: remarksExist },
    good: {
      body: bodies.table,
      rollback: bodies.dropTable,
      postflight: `${remarksExist}\n${notice}`,
    },
    find: (subject) => {
      const { rollback, segments, header, fileName } = subject.file;
      const says = (blocks: readonly Block[]): boolean =>
        blocks.some(({ raises }) => raises.has("notice") || raises.has("info"));
      const missing = (file: string, text: string): Finding => ({
        file,
        line: null,
        message: "nothing says at the end that it is done.",
        remedy: `DO $$ BEGIN RAISE NOTICE '${text}'; END $$;`,
      });
      return [
        ...(says(blocksOf(segments, "postflight"))
          ? []
          : [missing(fileName, `Migration ${header.version} completed successfully`)]),
        ...(rollback === null || says(blocksOf(rollback.segments, "rollback"))
          ? []
          : [missing(rollback.fileName, `Rollback of ${header.version} completed`)]),
      ];
    },
  }),
];
