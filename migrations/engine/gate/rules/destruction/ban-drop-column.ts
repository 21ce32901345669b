/**
 * Gate rule ban-drop-column: its texts, its examples, and what it finds.
 * Does NOT cover DROP SCHEMA, which no migration may hold at all (see reach/forbidden.ts).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { isArchived } from "../../input/archive";
import { oldHeirs } from "../../input/oldRows";
import { archiveStatement } from "../../input/remedySql";
import { addsColumn, placedOfKind } from "../../input/subject";
import { atStatement, backupNamed, fileRule } from "../fileRule";
import { viewsReading } from "./viewsReading";

export const banDropColumn = fileRule({
  id: "ban-drop-column",
  problem: "A column is dropped without an archive of what it holds.",
  why: "adding the column again does not bring its values back.",
  instead:
    "copy key and column of every row into an archive table first, in this migration, and let the rollback bring them back.",
  source: "Policy, High-Risk Operations: DROP COLUMN: archive data first, rollback window",
  exception: backupNamed,
  bad: {
    body: "ALTER TABLE dagapp.jobs DROP COLUMN owner;",
    rollback: "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;",
  },
  good: {
    body:
      "CREATE TABLE dagapp.jobs_owner_archive AS SELECT job_id, owner FROM dagapp.jobs;\n" +
      "ALTER TABLE dagapp.jobs DROP COLUMN owner;",
    rollback:
      "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;\n" +
      "DO $$\nBEGIN\n    IF to_regclass('dagapp.jobs_owner_archive') IS NOT NULL THEN\n" +
      "        UPDATE dagapp.jobs AS j SET owner = a.owner\n" +
      "        FROM dagapp.jobs_owner_archive AS a WHERE a.job_id = j.job_id;\n    END IF;\nEND $$;\n" +
      "DROP TABLE IF EXISTS dagapp.jobs_owner_archive;",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
      const { command, table, relation } = placed.operation;
      if (command.kind !== "drop column" || !/table$/.test(relation)) return [];
      const isOwn =
        subject.isNew(table, placed) || addsColumn(subject, placed, table, command.column);
      const column = quoted(command.column);
      return (isOwn ? oldHeirs(subject, placed, table) : [table]).flatMap((owner) => {
        const name = sqlName(owner);
        const views = command.cascade ? [] : viewsReading(subject, placed, owner, command.column);
        const refused = views.map((view) =>
          atStatement(
            placed,
            `DROP COLUMN ${name}.${column}: the view ${view} reads it, so that PostgreSQL refuses (2BP01).`,
            `before it: DROP VIEW ${view}; and behind it the view again without the column, with its grants left to up.`,
          ),
        );
        if (isArchived(subject, placed, owner, command.column)) return refused;
        return [
          ...refused,
          atStatement(
            placed,
            `DROP COLUMN ${name}.${column}: nothing keeps what it holds.`,
            `before it: ${archiveStatement(subject, owner, command.column)}`,
          ),
        ];
      });
    }),
});
