/**
 * Gate rule ban-unlogged: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, backupNamed, docs, fileRule } from "../fileRule";

export const banUnlogged = fileRule({
  id: "ban-unlogged",
  problem: "A table in use is made UNLOGGED.",
  why: "after a crash it is empty, it is in no replica and in no backup by files.",
  instead: "leave it logged.",
  source: docs("sql-createtable.html#SQL-CREATETABLE-UNLOGGED"),
  exception: backupNamed,
  bad: {
    header: { "Downtime required": "Yes" },
    body: "ALTER TABLE dagapp.jobs SET UNLOGGED;",
    rollback: "ALTER TABLE dagapp.jobs SET LOGGED;",
  },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "alter table")
      .filter(({ operation }) => operation.command.kind === "set unlogged")
      .filter((placed) => !subject.isNew(placed.operation.table, placed))
      .map((placed) =>
        atStatement(
          placed,
          `${sqlName(placed.operation.table)} is empty after the next crash.`,
          "remove the statement.",
        ),
      ),
});
