/**
 * Gate rule outside-governed-schemas: its texts, its examples, and what it finds.
 * Does NOT cover roles, privileges and schemas themselves (see reach/forbidden.ts).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { always } from "../../input/gateRule";
import { changedBy } from "../../input/targets";
import { atStatement, fileRule } from "../fileRule";
import { both, schemaless } from "./reachFacts";

export const outsideGovernedSchemas = fileRule({
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
    both(subject).flatMap((placed) =>
      changedBy(placed)
        .filter(({ kind, schema }) =>
          schema === null
            ? schemaless.has(kind)
            : schema !== "pg_temp" && !subject.schemas.includes(schema),
        )
        .map((object) => {
          const place = object.schema === null ? "in no schema" : `in ${quoted(object.schema)}`;
          return atStatement(
            placed,
            `${placed.statement.kind} changes ${object.kind} ${sqlName(object)}, which lies ${place}.`,
            `use ${subject.schemas.map((schema) => `${quoted(schema)}.${quoted(object.name)}`).join(" or ")}.`,
          );
        }),
    ),
});
