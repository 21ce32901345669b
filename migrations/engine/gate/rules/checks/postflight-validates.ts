/**
 * Gate rule postflight-validates: its texts, its examples, and what it finds.
 * Does NOT cover the start and applied rows: a file without them is not read at all (LEDGER_MISSING).
 */
import { quoted } from "../../../sql/sqlText";
import { blocksOf, canFail, mentions } from "../../input/blockTokens";
import { bodies, notice, remarksExist } from "../exampleParts";
import { fileRule } from "../fileRule";
import { createdBy, inSection } from "./checksFacts";

export const postflightValidates = fileRule({
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
});
