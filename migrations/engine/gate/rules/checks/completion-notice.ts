/**
 * Gate rule completion-notice: its texts, its examples, and what it finds.
 * Does NOT cover the start and applied rows: a file without them is not read at all (LEDGER_MISSING).
 */
import { type Block, blocksOf } from "../../input/blockTokens";
import { type RuleFinding } from "../../input/gateRule";
import { bodies, notice, remarksExist } from "../exampleParts";
import { fileRule } from "../fileRule";

export const completionNotice = fileRule({
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
    const missing = (file: string, text: string): RuleFinding => ({
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
});
