/**
 * Gate rule rollback-takes-more: its texts, its examples, and what it finds.
 * Does NOT cover a proof: that the catalog is the same afterwards only a run can tell.
 */
import { takenBeyond } from "../../input/takenBeyond";
import { atStatement, fileRule } from "../fileRule";

export const rollbackTakesMore = fileRule({
  id: "rollback-takes-more",
  problem: "The rollback takes away tables, columns or rows that the migration does not bring.",
  why: "it is run in a hurry, trusted to undo one change; a proof in a scratch database has none of the rows that it would lose.",
  instead: "only the inverse of the migration; what else must go, in a migration of its own.",
  source: "Policy, Rollback Script; High-Risk Operations: data loss",
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;\nTRUNCATE dagapp.notes;",
  },
  good: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
  },
  find: (subject) =>
    takenBeyond(subject).map(({ placed, what }) =>
      atStatement(
        placed,
        `the rollback ${what}, which the migration does not bring.`,
        "remove it from the rollback; or let the migration bring what the rollback is to take.",
      ),
    ),
});
