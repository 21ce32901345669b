/**
 * Gate rule dropping-key: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { placedOfKind, sameName } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const droppingKey = fileRule({
  id: "dropping-key",
  problem: "The primary key or a unique constraint of a table in use is dropped.",
  why: "rows can then be there twice, and cannot be named one by one; building the key again reads every row under a lock.",
  instead: "build the new unique index CONCURRENTLY first, and change the key in one transaction.",
  source: docs("ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS"),
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs DROP CONSTRAINT jobs_pkey;",
    rollback: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_pkey PRIMARY KEY (job_id);",
  },
  good: {
    body:
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS jobs_key ON dagapp.jobs (job_id);\n" +
      "BEGIN;\nALTER TABLE dagapp.jobs DROP CONSTRAINT jobs_pkey;\n" +
      "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_key PRIMARY KEY USING INDEX jobs_key;\nCOMMIT;",
    rollback:
      "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_key;\n" +
      "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_pkey PRIMARY KEY (job_id);",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
      const { command, table } = placed.operation;
      if (command.kind !== "drop constraint" || subject.isNew(table, placed)) return [];
      const key = subject.before
        .relation(table)
        ?.constraints.find(({ name }) => name === command.constraint);
      if (key?.type !== "primary key" && key?.type !== "unique") return [];
      const isReplaced = placedOfKind(subject.placedOperations, "alter table").some(
        ({ operation, segment }) =>
          (segment === placed.segment || key.type === "unique") &&
          sameName(operation.table, table) &&
          operation.command.kind === "add constraint" &&
          (operation.command.constraint.type === "primary key" ||
            operation.command.constraint.type === key.type),
      );
      // What stays unique through another index, or is made so in this file.
      const isIndexed =
        key.type === "unique" &&
        placedOfKind(subject.placedOperations, "create index").some(
          ({ operation }) => operation.unique && sameName(operation.table, table),
        );
      if (isReplaced || isIndexed) return [];
      return [
        atStatement(
          placed,
          `${sqlName(table)} loses its ${key.type === "unique" ? "unique constraint" : "primary key"} ${quoted(command.constraint)}.`,
          "remove the statement, or add the new key in the same file.",
        ),
      ];
    }),
});
