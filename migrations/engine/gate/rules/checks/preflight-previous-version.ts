/**
 * Gate rule preflight-previous-version: its texts, its examples, and what it finds.
 * Does NOT cover the start and applied rows: a file without them is not read at all (LEDGER_MISSING).
 */
import { sqlText } from "../../../sql/sqlText";
import { blocksOf, canFail } from "../../input/blockTokens";
import { bodies, notLocked, previousApplied } from "../exampleParts";
import { fileRule } from "../fileRule";
import { inSection } from "./checksFacts";

const versionPattern = (version: string): RegExp =>
  new RegExp(`(?<![\\w.])${version.replaceAll(".", "\\.")}(?![\\w.-])`);

export const preflightPreviousVersion = fileRule({
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
    const previous = subject.previous?.header.version;
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
});
