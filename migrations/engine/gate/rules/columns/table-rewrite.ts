/**
 * Gate rule table-rewrite: its texts, its examples, and what it finds.
 * Does NOT cover dropping (see destruction) and renaming (see application).
 */
import { oneLine, sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, fileRule } from "../fileRule";
import { inWindow, rewriteSource, rewrittenBy } from "./columnsFacts";

const rewritingCommands: ReadonlySet<string> = new Set([
  "set logged",
  "set unlogged",
  "set access method",
  "set tablespace",
  "set without oids",
  "set expression",
]);

export const tableRewrite = fileRule({
  id: "table-rewrite",
  problem: "A table in use is written anew for another reason than its columns, without downtime.",
  why: "the whole table and its indexes are written anew while nobody may use them.",
  instead: "declare the downtime, or leave the table as it is.",
  source: rewriteSource("sql-altertable.html#SQL-ALTERTABLE-NOTES"),
  bad: {
    body: "ALTER TABLE dagapp.jobs SET ACCESS METHOD heap;",
    rollback: "ALTER TABLE dagapp.jobs SET ACCESS METHOD heap;",
  },
  good: {
    header: { "Downtime required": "Yes" },
    body: "ALTER TABLE dagapp.jobs SET ACCESS METHOD heap;",
    rollback: "ALTER TABLE dagapp.jobs SET ACCESS METHOD heap;",
  },
  find: (subject) =>
    subject.file.header.impact.downtimeRequired
      ? []
      : placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
          const { command, table } = placed.operation;
          if (!rewritingCommands.has(command.kind)) return [];
          if (rewrittenBy(subject, placed).length === 0) return [];
          return [
            atStatement(
              placed,
              `${oneLine(placed.statement.text)} writes ${sqlName(table)} anew under ACCESS EXCLUSIVE.`,
              `${inWindow}.`,
            ),
          ];
        }),
});
