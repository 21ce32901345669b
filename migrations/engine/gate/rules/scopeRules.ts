/**
 * Rules about where a migration may reach: the governed schemas, by full names, in statements that can be read.
 * Does NOT cover roles, privileges and schemas themselves (see forbidden).
 */
import { quoted, sqlName } from "../../sql/sqlText";
import { type Act } from "../input/act";
import type { GateRule } from "../input/gateRule";
import { always } from "../input/gateRule";
import { actOf, type Subject, temporaryTables } from "../input/subject";
import { changedBy } from "../input/targets";
import { atStatement, docs, fileRule } from "./fileRule";
import { previousApplied } from "./sectionExamples";

const both = (subject: Subject): readonly Act[] => [...subject.acts, ...subject.rollbackActs];

/** Objects that PostgreSQL keeps in no schema, and that are not forbidden anyway. */
const schemaless: ReadonlySet<string> = new Set([
  "publication",
  "subscription",
  "event trigger",
  "server",
  "foreign data wrapper",
  "user mapping",
  "language",
  "cast",
  "transform",
  "access method",
  "largeobject",
]);
/** Named without a schema because the statement's kind is refused by itself. */
const refusedElsewhere: ReadonlySet<string> = new Set([
  "schema",
  "extension",
  "database",
  "role",
  "tablespace",
]);

/** Statements of both files that do more than can be told, each with the reason. */
function opaque(subject: Subject): readonly { readonly act: Act; readonly reason: string }[] {
  return [...subject.effects, ...subject.rollbackEffects].flatMap(({ statement, unknown }) => {
    const act = unknown === null ? undefined : actOf(subject, statement);
    return act === undefined || unknown === null ? [] : [{ act, reason: unknown }];
  });
}

export const scopeRules: readonly GateRule[] = [
  fileRule({
    id: "outside-governed-schemas",
    severity: always,
    problem: "A statement changes something outside the governed schemas.",
    why: "the infrastructure role owns the governed schemas and nothing else; the rest is not the migrations' to change.",
    instead: "put it into a governed schema, or declare it in the stack.",
    source: "Policy, Infrastructure Account: ALL PRIVILEGES ON SCHEMA dagapp, geoapi, pgstac",
    bad: {
      body: "CREATE TABLE public.notes (note_id INTEGER);",
      rollback: "DROP TABLE IF EXISTS public.notes;",
    },
    good: {
      body: "CREATE TABLE dagapp.remarks (note_id INTEGER);",
      rollback: "DROP TABLE IF EXISTS dagapp.remarks;",
    },
    find: (subject) =>
      both(subject).flatMap((act) =>
        changedBy(act)
          .filter(({ kind, schema }) =>
            schema === null
              ? schemaless.has(kind)
              : schema !== "pg_temp" && !subject.schemas.includes(schema),
          )
          .map((object) => {
            const place = object.schema === null ? "in no schema" : `in ${quoted(object.schema)}`;
            return atStatement(
              act,
              `${act.statement.kind} changes ${object.kind} ${sqlName(object)}, which lies ${place}.`,
              `use ${subject.schemas.map((schema) => `${quoted(schema)}.${quoted(object.name)}`).join(" or ")}.`,
            );
          }),
      ),
  }),
  fileRule({
    id: "require-table-schema",
    severity: always,
    problem: "An object is named without its schema.",
    why: "the search_path decides what is meant, and it differs between psql, this program and the application.",
    instead: "write every name with its schema.",
    source: docs("ddl-schemas.html#DDL-SCHEMAS-PATH"),
    bad: {
      header: { "Tables affected": "dagapp.jobs" },
      body: "COMMENT ON TABLE jobs IS 'Units of work.';",
    },
    good: { body: "COMMENT ON TABLE dagapp.jobs IS 'Units of work.';" },
    find: (subject) => {
      const temporary = temporaryTables(both(subject));
      return both(subject).flatMap((act) =>
        changedBy(act)
          .filter(
            ({ kind, schema, name }) =>
              schema === null &&
              !schemaless.has(kind) &&
              !refusedElsewhere.has(kind) &&
              !temporary.has(name),
          )
          .map((object) =>
            atStatement(
              act,
              `${act.statement.kind} names ${object.kind} ${sqlName(object)} without its schema.`,
              `write ${subject.schemas.map((schema) => sqlName({ schema, name: object.name })).join(" or ")}.`,
            ),
          ),
      );
    },
  }),
  fileRule({
    id: "opaque-statement",
    problem:
      "A statement whose effect cannot be read from the files: EXECUTE of a computed text, another language, a call of a function that no file makes.",
    why: "neither this gate nor a reviewer can tell what it will lock, change or drop.",
    instead: "write the statements out; or give the exception the reason and what it does.",
    source: `Policy, Review: Lock escalation risks; ${docs("plpgsql-statements.html#PLPGSQL-STATEMENTS-EXECUTING-DYN")}`,
    exception: "reason",
    bad: { body: "DO $$ DECLARE t TEXT := 'jobs'; BEGIN EXECUTE 'ANALYZE dagapp.' || t; END $$;" },
    good: { body: "ANALYZE dagapp.jobs;" },
    find: (subject) =>
      opaque(subject).map(({ act, reason }) =>
        atStatement(
          act,
          `what this ${act.statement.kind} does cannot be known: ${reason}.`,
          "write its statements out as plain SQL.",
        ),
      ),
  }),
  fileRule({
    id: "change-outside-migration-section",
    problem: "PRE-FLIGHT CHECKS or POST-FLIGHT VALIDATION change something.",
    why: "checks are read as checks: a change among them escapes review, and the rollback.",
    instead: "move the change into the MIGRATION section.",
    source: "Policy, Migration Script Requirements",
    bad: {
      body: "ANALYZE dagapp.jobs;",
      preflight: `${previousApplied}\nCOMMENT ON TABLE dagapp.jobs IS 'Units of work.';`,
    },
    good: { body: "COMMENT ON TABLE dagapp.jobs IS 'Units of work.';" },
    find: (subject) =>
      subject.acts
        .filter(({ segment }) => segment.section !== "migration")
        .filter(({ action }) => action.kind !== "analyze")
        .flatMap((act) =>
          changedBy(act)
            .filter(({ schema }) => schema !== "pg_temp")
            .slice(0, 1)
            .map((object) =>
              atStatement(
                act,
                `${act.statement.kind} changes ${sqlName(object)} in the ${act.segment.section} section.`,
                "move it below the MIGRATION banner.",
              ),
            ),
        ),
  }),
];
