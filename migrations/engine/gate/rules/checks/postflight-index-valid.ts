/**
 * Gate rule postflight-index-valid: its texts, its examples, and what it finds.
 * Does NOT cover the start and applied rows: a file without them is not read at all (LEDGER_MISSING).
 */
import { quoted, sqlName, sqlText } from "../../../sql/sqlText";
import { blocksOf, canFail, mentions } from "../../input/blockTokens";
import { type RuleFinding } from "../../input/gateRule";
import { check, notice } from "../exampleParts";
import { docs, fileRule } from "../fileRule";
import { createdBy, inSection } from "./checksFacts";

export const postflightIndexValid = fileRule({
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
    return createdBy(subject).flatMap(({ placed, name }): readonly RuleFinding[] => {
      const { operation } = placed;
      if (operation.kind !== "create index" || !operation.concurrently || name === null) return [];
      const looks = blocks.filter((block) => mentions(block, name));
      // Not looked for at all is another rule's business.
      if (looks.length === 0 || looks.some(({ words }) => words.has("indisvalid"))) return [];
      const index = sqlText(sqlName({ schema: operation.table.schema, name }));
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
});
