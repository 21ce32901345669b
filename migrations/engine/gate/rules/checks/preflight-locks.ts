/**
 * Gate rule preflight-locks: its texts, its examples, and what it finds.
 * Does NOT cover the start and applied rows: a file without them is not read at all (LEDGER_MISSING).
 */
import { lockModes } from "../../../sql/lockModes";
import { sqlName, sqlText } from "../../../sql/sqlText";
import { blocksOf, canFail, mentions } from "../../input/blockTokens";
import { placedOperationOf, type Subject } from "../../input/subject";
import { notLocked, previousApplied } from "../exampleParts";
import { fileRule } from "../fileRule";
import { inSection } from "./checksFacts";

/** From here on a lock keeps writers out. */
const strong = lockModes.indexOf("SHARE");

/** Existing tables that the file locks so that others wait. */
function lockedTables(subject: Subject): readonly { schema: string | null; name: string }[] {
  const tables = new Map<string, { schema: string | null; name: string }>();
  for (const { statement, locks } of subject.impacts) {
    const placed = placedOperationOf(subject, statement);
    for (const { object, mode } of locks) {
      if (object.kind !== "table" || lockModes.indexOf(mode) < strong) continue;
      if (placed === undefined || subject.isNew(object, placed)) continue;
      // Made by this very statement.
      const isOwn =
        placed.operation.kind === "create table" &&
        sqlName(placed.operation.table) === sqlName(object);
      if (!isOwn) tables.set(sqlName(object), object);
    }
  }
  return [...tables.values()];
}

export const preflightLocks = fileRule({
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
});
