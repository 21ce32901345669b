/**
 * Gate rule rollback-loses-archive: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import type { ObjectName } from "../../../sql/objectName";
import { quoted, sqlName } from "../../../sql/sqlText";
import { archiveOf } from "../../input/archive";
import type { PlacedOperation } from "../../input/placedOperation";
import { keyOf } from "../../input/remedySql";
import { placedOfKind, sameName, type Subject } from "../../input/subject";
import { valueLosses } from "../../input/valueLoss";
import { atStatement, fileRule } from "../fileRule";

interface Archived {
  readonly table: ObjectName;
  readonly column: string;
  readonly archive: ObjectName;
}

/** Columns that the migration takes away and keeps elsewhere. */
function archived(subject: Subject): readonly Archived[] {
  const dropped = placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
    const { command, table } = placed.operation;
    return command.kind === "drop column" ? [{ placed, table, column: command.column }] : [];
  });
  const changed = valueLosses(subject).map(({ placed, owner, column }) => ({
    placed,
    table: owner,
    column,
  }));
  return [...dropped, ...changed].flatMap(({ placed, table, column }) => {
    const archive = archiveOf(subject, placed, table, column);
    return archive === null || sameName(archive, table) ? [] : [{ table, column, archive }];
  });
}

/** An UPDATE or INSERT before the placed operation that writes the column from the archive. */
const bringsBack = (
  subject: Subject,
  gone: PlacedOperation,
  table: ObjectName,
  column: string,
  archive: ObjectName,
): boolean =>
  placedOfKind(subject.rollbackOperations, "query").some(
    ({ operation: { query }, index }) =>
      index < gone.index &&
      query.reads.some((read) => sameName(read, archive)) &&
      query.writes.some(
        (write) =>
          sameName(write.table, table) &&
          (write.verb !== "update" || write.columns.includes(column)) &&
          write.verb !== "delete",
      ),
  );

export const rollbackLosesArchive = fileRule({
  id: "rollback-loses-archive",
  problem: "The rollback drops the archive of a column without bringing its values back.",
  why: "the column is there again, empty, and the only copy of what it held is gone.",
  instead: "UPDATE the table from the archive before its DROP; or leave the archive.",
  source:
    "Policy, Rollback Script; High-Risk Operations: DROP COLUMN: archive data first, rollback window",
  exception: "reason",
  bad: {
    body:
      "CREATE TABLE dagapp.jobs_owner_archive AS SELECT job_id, owner FROM dagapp.jobs;\n" +
      "ALTER TABLE dagapp.jobs DROP COLUMN owner;",
    rollback:
      "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;\nDROP TABLE IF EXISTS dagapp.jobs_owner_archive;",
  },
  good: {
    body:
      "CREATE TABLE dagapp.jobs_owner_archive AS SELECT job_id, owner FROM dagapp.jobs;\n" +
      "ALTER TABLE dagapp.jobs DROP COLUMN owner;",
    rollback:
      "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;\n" +
      "UPDATE dagapp.jobs AS j SET owner = a.owner FROM dagapp.jobs_owner_archive AS a WHERE a.job_id = j.job_id;\n" +
      "DROP TABLE IF EXISTS dagapp.jobs_owner_archive;",
  },
  find: (subject) =>
    archived(subject).flatMap(({ table, column, archive }) => {
      const gone = subject.rollbackOperations.find(
        ({ operation }) =>
          (operation.kind === "drop" && operation.objects.some((one) => sameName(one, archive))) ||
          (operation.kind === "truncate" &&
            operation.tables.some(({ name }) => sameName(name, archive))),
      );
      if (gone === undefined || bringsBack(subject, gone, table, column, archive)) return [];
      const same = (keyOf(subject, table) ?? [])
        .map((key) => `a.${quoted(key)} = t.${quoted(key)}`)
        .join(" AND ");
      return [
        atStatement(
          gone,
          `${sqlName(archive)} goes before its values are back in ${sqlName(table)}.${quoted(column)}.`,
          same === ""
            ? `before it, bring the values of ${quoted(column)} back by an UPDATE from ${sqlName(archive)}.`
            : `before it: UPDATE ${sqlName(table)} AS t SET ${quoted(column)} = a.${quoted(column)} FROM ${sqlName(archive)} AS a WHERE ${same};`,
        ),
      ];
    }),
});
