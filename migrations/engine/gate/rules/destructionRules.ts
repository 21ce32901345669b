/**
 * Rules about what takes data away: dropped tables and columns, TRUNCATE, CASCADE.
 * Does NOT cover DROP SCHEMA, which no migration may hold at all (see forbidden).
 */
import { oneLine, quoted, sqlName } from "../../sql/sqlText";
import { type Act } from "../input/act";
import { isArchived } from "../input/archive";
import { markStatement, missingDelay } from "../input/dropEvidence";
import type { GateRule } from "../input/gateRule";
import { actsOfKind, addsColumn, type Subject } from "../input/subject";
import { atStatement, backupNamed, docs, fileRule } from "./fileRule";

/** Acts that drop with CASCADE, of both files. */
function cascades(subject: Subject): readonly Act[] {
  return [...subject.acts, ...subject.rollbackActs].filter(({ action }) => {
    if (action.kind === "drop") return action.cascade;
    if (action.kind !== "alter table") return false;
    const { command } = action;
    const drops = command.kind === "drop column" || command.kind === "drop constraint";
    return drops && command.cascade;
  });
}

export const destructionRules: readonly GateRule[] = [
  fileRule({
    id: "ban-drop-table",
    problem: "A table is dropped at once, or without a backup.",
    why: "its rows are gone, and who still uses it finds out too late.",
    instead:
      "set it apart in an earlier migration, by COMMENT ON TABLE … IS 'drop after 2026-05-01: why' or by another name (RENAME TO); " +
      "wait (7 days in uat and prod); name the backup in the header.",
    source: "Policy, High-Risk Operations: DROP TABLE: backup verification, delayed drop",
    exception: backupNamed,
    bad: {
      body: "DROP TABLE dagapp.notes;",
      rollback: "CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER, body TEXT);",
    },
    good: {
      before: "COMMENT ON TABLE dagapp.notes IS 'drop after 2026-01-15: replaced by dagapp.tasks';",
      header: { "Backup reference": "vault/2026-02-01/dagapp.notes.dump" },
      body: "DROP TABLE dagapp.notes;",
      rollback: "CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER, body TEXT);",
    },
    find: (subject) =>
      actsOfKind(subject.acts, "drop").flatMap((act) =>
        act.action.objects
          .filter((object) => object.kind === "table" && !subject.isNew(object, act))
          .flatMap((table) => {
            const hasBackup = subject.file.header.rollback.backupReference !== null;
            const missing = [
              missingDelay(subject, table),
              hasBackup ? null : "the header names no backup",
            ].filter((one) => one !== null);
            if (missing.length === 0) return [];
            return [
              atStatement(
                act,
                `DROP TABLE ${sqlName(table)}: ${missing.join("; ")}.`,
                `in an earlier migration: ${markStatement(subject, table)} ` +
                  "In the header, under ROLLBACK: - Backup reference: where the backup is.",
              ),
            ];
          }),
      ),
  }),
  fileRule({
    id: "ban-drop-column",
    problem: "A column is dropped without an archive of what it holds.",
    why: "adding the column again does not bring its values back.",
    instead:
      "copy key and column into an archive table first, in this migration or an earlier one.",
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
        "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;\nDROP TABLE IF EXISTS dagapp.jobs_owner_archive;",
    },
    find: (subject) =>
      actsOfKind(subject.acts, "alter table").flatMap((act) => {
        const { command, table, relation } = act.action;
        if (command.kind !== "drop column" || relation !== "table") return [];
        const name = sqlName(table);
        if (subject.isNew(table, act) || addsColumn(subject, act, table, command.column)) return [];
        if (isArchived(subject, act, table, command.column)) return [];
        const archive = sqlName({ ...table, name: `${table.name}_${command.column}_archive` });
        const column = quoted(command.column);
        return [
          atStatement(
            act,
            `DROP COLUMN ${name}.${column}: nothing keeps what it holds.`,
            `before it: CREATE TABLE ${archive} AS SELECT …key…, ${column} FROM ${name};`,
          ),
        ];
      }),
  }),
  fileRule({
    id: "ban-truncate",
    problem: "TRUNCATE of a table that was there before.",
    why: "it deletes every row at once, and no trigger, foreign key or backup of the moment stands in its way.",
    instead: "delete in batches with a WHERE, in a migration that says how the data come back.",
    source: `Policy, High-Risk Operations: TRUNCATE, almost never in production; ${docs("sql-truncate.html")}`,
    bad: { body: "TRUNCATE dagapp.notes;" },
    good: { body: "-- batch\nDELETE FROM dagapp.notes WHERE note_id < 1000;" },
    find: (subject) =>
      actsOfKind(subject.acts, "truncate").flatMap((act) =>
        act.action.tables
          .filter(({ name }) => !subject.isNew(name, act))
          .map(({ name }) =>
            atStatement(
              act,
              `TRUNCATE ${sqlName(name)} deletes every row.`,
              `-- batch, DELETE FROM ${sqlName(name)} WHERE …; behind the COMMIT.`,
            ),
          ),
      ),
  }),
  fileRule({
    id: "ban-drop-cascade",
    problem: "A drop with CASCADE, in the migration or its rollback.",
    why: "it drops whatever depends on the object, also what nobody has thought of.",
    instead: "drop each object by its name, those that depend on others first.",
    source: `Policy, Review: Rollback completeness; ${docs("ddl-depend.html")}`,
    exception: "reason",
    bad: {
      body: "DROP FUNCTION dagapp.touch() CASCADE;",
      rollback:
        "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
    },
    good: {
      body: "DROP FUNCTION dagapp.touch();",
      rollback:
        "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
    },
    find: (subject) =>
      cascades(subject).map((act) =>
        atStatement(
          act,
          `${oneLine(act.statement.text)} drops more than it names.`,
          `${oneLine(act.statement.text).replace(/\s+CASCADE\b/i, "")}; with a DROP before it for each object that depends on it.`,
        ),
      ),
  }),
  fileRule({
    id: "prefer-repack",
    problem: "VACUUM FULL or CLUSTER.",
    why: "the table is written anew while nobody may use it, for no change of the schema.",
    instead:
      "leave it to maintenance outside of migrations: VACUUM, REINDEX CONCURRENTLY, pg_repack.",
    source: `Policy, High-Risk Operations: table rewrite; ${docs("sql-vacuum.html")}`,
    bad: { body: "CLUSTER dagapp.jobs USING jobs_pkey;" },
    good: { body: "ANALYZE dagapp.jobs;" },
    find: (subject) =>
      subject.acts.flatMap((act) => {
        const { action } = act;
        const isFull = action.kind === "vacuum" && action.full;
        if (!isFull && action.kind !== "cluster") return [];
        const tables = action.kind === "cluster" ? [action.table] : action.tables;
        const isNew = tables.every((table) => table !== null && subject.isNew(table, act));
        if (tables.length > 0 && isNew) return [];
        return [
          atStatement(
            act,
            `${oneLine(act.statement.text)} writes its tables anew under ACCESS EXCLUSIVE.`,
            "remove it; for the planner's sake: ANALYZE.",
          ),
        ];
      }),
  }),
];
