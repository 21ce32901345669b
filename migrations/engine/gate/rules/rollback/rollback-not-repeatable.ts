/**
 * Gate rule rollback-not-repeatable: its texts, its examples, and what it finds.
 * Does NOT cover a proof: that the catalog is the same afterwards only a run can tell.
 */
import { oneLine } from "../../../sql/sqlText";
import { type PlacedOperation } from "../../input/placedOperation";
import { flat } from "../../input/remedySql";
import { type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** Drops that fail when there is nothing to drop. */
const strictDrops = (subject: Subject): readonly PlacedOperation[] =>
  subject.rollbackOperations.filter(({ operation, statement }) => {
    // Inside a DO block there is usually an IF around it.
    if (statement.kind === "DO") return false;
    if (operation.kind === "drop") return !operation.ifExists;
    if (operation.kind !== "alter table") return false;
    const { command } = operation;
    const drops = command.kind === "drop column" || command.kind === "drop constraint";
    return drops && !command.ifExists;
  });

export const rollbackNotRepeatable = fileRule({
  id: "rollback-not-repeatable",
  severity: () => "warning",
  problem: "The rollback drops without IF EXISTS.",
  why: "it must also clear away a migration that failed half-way, where not everything is there.",
  instead: "IF EXISTS in every drop.",
  source: `Policy, Rollback Script; ${docs("sql-droptable.html")}`,
  exception: "reason",
  bad: {
    body: "CREATE TABLE dagapp.remarks (remark_id INTEGER);",
    rollback: "DROP TABLE dagapp.remarks;",
  },
  good: {
    body: "CREATE TABLE dagapp.remarks (remark_id INTEGER);",
    rollback: "DROP TABLE IF EXISTS dagapp.remarks;",
  },
  find: (subject) =>
    strictDrops(subject).map((placed) =>
      atStatement(
        placed,
        `${oneLine(placed.statement.text)} fails when there is nothing to drop.`,
        `${flat(placed.statement.text).replace(/\bDROP ((?:MATERIALIZED )?\w+) (?!IF EXISTS)/gi, "DROP $1 IF EXISTS ")};`,
      ),
    ),
});
