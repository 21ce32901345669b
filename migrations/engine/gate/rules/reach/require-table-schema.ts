/**
 * Gate rule require-table-schema: its texts, its examples, and what it finds.
 * Does NOT cover roles, privileges and schemas themselves (see reach/forbidden.ts).
 */
import { sqlName } from "../../../sql/sqlText";
import { always } from "../../input/gateRule";
import { temporaryTables } from "../../input/subject";
import { changedBy } from "../../input/targets";
import { atStatement, docs, fileRule } from "../fileRule";
import { both, schemaless } from "./reachFacts";

/** Named without a schema because the statement's kind is refused by itself. */
const refusedElsewhere: ReadonlySet<string> = new Set([
  "schema",
  "extension",
  "database",
  "role",
  "tablespace",
]);

export const requireTableSchema = fileRule({
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
  good: {
    body: "COMMENT ON TABLE dagapp.jobs IS 'Units of work.';",
    rollback: "COMMENT ON TABLE dagapp.jobs IS NULL;",
  },
  find: (subject) => {
    const temporary = temporaryTables(both(subject));
    return both(subject).flatMap((placed) =>
      changedBy(placed)
        .filter(
          ({ kind, schema, name }) =>
            schema === null &&
            !schemaless.has(kind) &&
            !refusedElsewhere.has(kind) &&
            !temporary.has(name),
        )
        .map((object) =>
          atStatement(
            placed,
            `${placed.statement.kind} names ${object.kind} ${sqlName(object)} without its schema.`,
            `write ${subject.schemas.map((schema) => sqlName({ schema, name: object.name })).join(" or ")}.`,
          ),
        ),
    );
  },
});
