/**
 * Rules about what breaks the application that runs meanwhile: other names, other homes, functions that vanish.
 * Does NOT know the application: whatever was there before may be in use.
 */
import type { ObjectName } from "../../sql/objectName";
import { parseStatements } from "../../sql/parser";
import { quoted, sqlName, sqlText } from "../../sql/sqlText";
import { asList, dig } from "../../sql/tree";
import { type Act } from "../input/act";
import type { GateRule } from "../input/gateRule";
import { actOf, actsOfKind, addsColumn, type Subject } from "../input/subject";
import { atStatement, docs, fileRule } from "./fileRule";

const renameWhy =
  "whoever asks for the old name from the next moment on gets an error, until the application is another.";

/** Renames of what was there before. */
const renames = (subject: Subject) =>
  actsOfKind(subject.acts, "rename").filter((act) => !subject.isNew(act.action.object, act));

/** A function's name without its arguments. */
const baseName = ({ schema, name }: ObjectName): string =>
  sqlName({ schema, name: name.replace(/\(.*$/s, "") });

const routine = /^(function|procedure|routine)$/;

/** True when a DROP means this very function; without arguments it means the only one of its name. */
const isSameRoutine = (dropped: ObjectName, made: ObjectName): boolean =>
  !dropped.name.includes("(") || dropped.name === made.name;

/** CREATE or ALTER FUNCTION with SECURITY DEFINER. */
function isDefiner({ statement }: Act): boolean {
  if (!/security/i.test(statement.text)) return false;
  const parsed = parseStatements(statement.text);
  if ("reason" in parsed) return false;
  return parsed.some(({ node }) =>
    [...asList(node["options"]), ...asList(node["actions"])].some(
      (item) =>
        dig(item, "DefElem", "defname") === "security" &&
        dig(item, "DefElem", "arg", "Boolean", "boolval") === true,
    ),
  );
}

export const compatibilityRules: readonly GateRule[] = [
  fileRule({
    id: "renaming-table",
    problem: "A table that was there before is renamed.",
    why: renameWhy,
    instead:
      "a view of the new name, until nothing uses the old one; or an exception that says what uses it.",
    source: `Policy, Step 3: QA team validates application behavior; ${docs("sql-altertable.html")}`,
    exception: "reason",
    bad: {
      body: "ALTER TABLE dagapp.notes RENAME TO remarks;",
      rollback: "ALTER TABLE IF EXISTS dagapp.remarks RENAME TO notes;",
    },
    good: {
      body: "CREATE VIEW dagapp.remarks AS SELECT note_id, body FROM dagapp.notes;",
      rollback: "DROP VIEW IF EXISTS dagapp.remarks;",
    },
    find: (subject) =>
      renames(subject)
        .filter(({ action }) => action.object.kind === "table" && action.part === null)
        .map((act) => {
          const { object, to } = act.action;
          const view = sqlName({ schema: object.schema, name: to });
          return atStatement(
            act,
            `${sqlName(object)} is renamed to ${quoted(to)} while it may be in use.`,
            `CREATE VIEW ${view} AS SELECT * FROM ${sqlName(object)}; and rename once nothing asks for the table.`,
          );
        }),
  }),
  fileRule({
    id: "renaming-column",
    problem: "A column that was there before is renamed.",
    why: renameWhy,
    instead: "a new column beside it, filled and kept equal, and the old one dropped later.",
    source: `Policy, Step 3: QA team validates application behavior; ${docs("sql-altertable.html")}`,
    exception: "reason",
    bad: {
      body: "ALTER TABLE dagapp.jobs RENAME COLUMN owner TO holder;",
      rollback: "ALTER TABLE dagapp.jobs RENAME COLUMN holder TO owner;",
    },
    good: {
      body: "ALTER TABLE dagapp.jobs ADD COLUMN holder TEXT;",
      rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS holder;",
    },
    find: (subject) =>
      renames(subject).flatMap((act) => {
        const { object, part, to } = act.action;
        if (part?.kind !== "column" || addsColumn(subject, act, object, part.name)) return [];
        return [
          atStatement(
            act,
            `${sqlName(object)}.${quoted(part.name)} is renamed to ${quoted(to)} while it may be in use.`,
            `ALTER TABLE ${sqlName(object)} ADD COLUMN ${quoted(to)} …; fill it in batches (-- batch), and drop ${quoted(part.name)} in a later migration.`,
          ),
        ];
      }),
  }),
  fileRule({
    id: "renaming-object",
    problem: "A view, function, type, sequence or enum label that was there before is renamed.",
    why: renameWhy,
    instead: "make the new one beside it, and drop the old one later.",
    source: "Policy, Step 3: QA team validates application behavior",
    exception: "reason",
    bad: {
      body: "ALTER FUNCTION dagapp.touch() RENAME TO stamp;",
      rollback: "ALTER FUNCTION dagapp.stamp() RENAME TO touch;",
    },
    good: {
      body: "CREATE FUNCTION dagapp.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
      rollback: "DROP FUNCTION IF EXISTS dagapp.stamp();",
    },
    find: (subject) => [
      ...renames(subject)
        .filter(({ action: { object, part } }) => part === null && !silentRenames.has(object.kind))
        .map((act) =>
          atStatement(
            act,
            `${act.action.object.kind} ${sqlName(act.action.object)} is renamed to ${quoted(act.action.to)} while it may be in use.`,
            `make ${sqlName({ schema: act.action.object.schema, name: act.action.to })} beside it, and drop the old one in a later migration.`,
          ),
        ),
      ...actsOfKind(subject.acts, "rename enum value").map((act) =>
        atStatement(
          act,
          `the label ${sqlText(act.action.value)} of ${sqlName(act.action.type)} gets another name while rows and queries hold it.`,
          `ALTER TYPE ${sqlName(act.action.type)} ADD VALUE …; and move the rows in batches (-- batch).`,
        ),
      ),
    ],
  }),
  fileRule({
    id: "ban-set-schema",
    problem: "An object that was there before is moved to another schema.",
    why: renameWhy,
    instead: "a view or a new object in the other schema, until nothing uses the old one.",
    source: "Policy, Step 3: QA team validates application behavior",
    exception: "reason",
    bad: {
      body: "ALTER TABLE dagapp.notes SET SCHEMA geoapi;",
      rollback: "ALTER TABLE IF EXISTS geoapi.notes SET SCHEMA dagapp;",
    },
    good: {
      body: "CREATE VIEW geoapi.notes AS SELECT note_id, body FROM dagapp.notes;",
      rollback: "DROP VIEW IF EXISTS geoapi.notes;",
    },
    find: (subject) =>
      actsOfKind(subject.acts, "set schema")
        .filter((act) => !subject.isNew(act.action.object, act))
        .map((act) => {
          const { object, schema } = act.action;
          return atStatement(
            act,
            `${object.kind} ${sqlName(object)} moves to schema ${quoted(schema)} while it may be in use.`,
            `CREATE VIEW ${sqlName({ schema, name: object.name })} AS SELECT * FROM ${sqlName(object)};`,
          );
        }),
  }),
  fileRule({
    id: "enum-value-in-transaction",
    problem: "An enum value is added and used in one transaction.",
    why: "PostgreSQL refuses a new value before the transaction that adds it is committed (55P04).",
    instead: "add the value behind no BEGIN, or use it behind the COMMIT.",
    source: docs("sql-altertype.html#SQL-ALTERTYPE-NOTES"),
    exception: "reason",
    bad: {
      header: { "Data recovery": "Not possible" },
      body:
        "BEGIN;\nALTER TYPE dagapp.job_status ADD VALUE 'paused';\n" +
        "INSERT INTO dagapp.jobs (job_id, status) VALUES ('x', 'paused');\nCOMMIT;",
    },
    good: {
      header: { "Data recovery": "Not possible" },
      body:
        "ALTER TYPE dagapp.job_status ADD VALUE 'paused';\n" +
        "INSERT INTO dagapp.jobs (job_id, status) VALUES ('x', 'paused');",
    },
    find: (subject) =>
      subject.effects.flatMap((effect) => {
        const act = effect.mistakes.length === 0 ? undefined : actOf(subject, effect.statement);
        return act === undefined
          ? []
          : effect.mistakes.map((mistake) =>
              atStatement(act, `${mistake}.`, "move ALTER TYPE … ADD VALUE before the BEGIN."),
            );
      }),
  }),
  fileRule({
    id: "function-recreated",
    severity: () => "warning",
    problem: "A function is dropped and made again.",
    why: "the rights on it go with the drop; the new one has only the default privileges until the next up.",
    instead:
      "CREATE OR REPLACE where arguments and result stay; else drop and create in one transaction.",
    source: `Policy, Permission Model: EXECUTE ON schema.functions; ${docs("sql-createfunction.html#SQL-CREATEFUNCTION-NOTES")}`,
    exception: "reason",
    bad: {
      body:
        "BEGIN;\nDROP FUNCTION dagapp.touch();\n" +
        "CREATE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';\nCOMMIT;",
      rollback:
        "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
    },
    good: {
      body: "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';",
      rollback:
        "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
    },
    find: (subject) =>
      actsOfKind(subject.acts, "create function").flatMap((act) => {
        const { function: made } = act.action;
        const name = baseName(made);
        const isDropped = actsOfKind(subject.acts, "drop").some(
          ({ action, index, segment }) =>
            index < act.index &&
            action.objects.some(
              (object) =>
                routine.test(object.kind) &&
                baseName(object) === name &&
                // With other arguments OR REPLACE makes a second function: one transaction is all that can be asked.
                (isSameRoutine(object, made) ||
                  segment !== act.segment ||
                  segment.kind === "single"),
            ),
        );
        if (!isDropped) return [];
        return [
          atStatement(
            act,
            `${name} is dropped and made again: EXECUTE rights on it are lost.`,
            `CREATE OR REPLACE FUNCTION ${name}(…) where its arguments and result stay the same.`,
          ),
        ];
      }),
  }),
  fileRule({
    id: "security-definer",
    problem: "A function with SECURITY DEFINER.",
    why: "it runs with the rights of the infrastructure role, who owns every table, for whoever may call it.",
    instead: "SECURITY INVOKER, with the privileges that its callers have.",
    source: `Policy, Permission Model: Application Service Account (DML Only); ${docs("sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY")}`,
    exception: "reason",
    bad: {
      body: "CREATE FUNCTION dagapp.count_jobs() RETURNS BIGINT LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::BIGINT';",
      rollback: "DROP FUNCTION IF EXISTS dagapp.count_jobs();",
    },
    good: {
      body: "CREATE FUNCTION dagapp.count_jobs() RETURNS BIGINT LANGUAGE sql SECURITY INVOKER AS 'SELECT 1::BIGINT';",
      rollback: "DROP FUNCTION IF EXISTS dagapp.count_jobs();",
    },
    find: (subject) =>
      subject.acts
        .filter(({ statement }) =>
          /^(CREATE|ALTER) (FUNCTION|PROCEDURE|ROUTINE)$/.test(statement.kind),
        )
        .filter(isDefiner)
        .map((act) =>
          atStatement(
            act,
            `${act.statement.kind} ${act.statement.target ?? ""} is SECURITY DEFINER.`,
            `ALTER FUNCTION ${act.statement.target ?? "…"} SECURITY INVOKER;`,
          ),
        ),
  }),
];

/** Tables have a rule of their own; nobody asks for these by name. */
const silentRenames: ReadonlySet<string> = new Set([
  "table",
  "index",
  "statistics",
  "schema",
  "database",
  "role",
  "tablespace",
]);
