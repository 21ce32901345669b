/**
 * Gate rule changing-replica-identity: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const changingReplicaIdentity = fileRule({
  id: "changing-replica-identity",
  problem: "REPLICA IDENTITY of a table in use is changed.",
  why: "UPDATE and DELETE fail on a published table, or arrive at its subscribers without the row that is meant.",
  instead: "leave it to whoever runs the replication.",
  source: docs("sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY"),
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs REPLICA IDENTITY NOTHING;",
    rollback: "ALTER TABLE dagapp.jobs REPLICA IDENTITY DEFAULT;",
  },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "alter table")
      .filter(({ operation }) => operation.command.kind === "replica identity")
      .filter((placed) => !subject.isNew(placed.operation.table, placed))
      .map((placed) =>
        atStatement(
          placed,
          `REPLICA IDENTITY of ${sqlName(placed.operation.table)} changes.`,
          `ALTER TABLE ${sqlName(placed.operation.table)} REPLICA IDENTITY DEFAULT;`,
        ),
      ),
});
