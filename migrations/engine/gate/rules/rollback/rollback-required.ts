/**
 * Gate rule rollback-required: its texts, its examples, and what it finds.
 * Does NOT read the rollback (see the rules beside it).
 */
import { tierRules } from "../../../../../stack/tier";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";

export const rollbackRequired = fileRule({
  id: "rollback-required",

  severity: (tier) => tierRules[tier].requiresRollback,
  problem: "The rollback file does not exist.",
  why: "a change without its rollback cannot be taken back in a hurry.",
  instead: "a file `NNN_name_rollback.sql` beside it, tried in dev.",
  source: "Policy, UAT / Production: Rollback script mandatory",
  bad: { body: jobsRegion.body, rollback: null },
  good: jobsRegion,
  find: (subject) => {
    const { rollback, header } = subject.file;
    if (rollback !== null) return [];
    return [
      atField(
        subject,
        "Rollback script",
        `the rollback file ${header.rollback.script} does not exist.`,
        `write migrations/${header.rollback.script} and test it in dev.`,
      ),
    ];
  },
});
