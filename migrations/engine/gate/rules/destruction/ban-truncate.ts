/**
 * Gate rule ban-truncate: its texts, its examples, and what it finds.
 * Does NOT cover DROP SCHEMA, which no migration may hold at all (see reach/forbidden.ts).
 */
import { sqlName } from "../../../sql/sqlText";
import { byWhat, oldWrites } from "../../input/oldRows";
import { atStatement, docs, fileRule } from "../fileRule";

export const banTruncate = fileRule({
  id: "ban-truncate",
  problem: "TRUNCATE of a table that was there before.",
  why: "it deletes every row at once, and no trigger, foreign key or backup of the moment stands in its way.",
  instead: "delete in batches with a WHERE, in a migration that says how the data come back.",
  source: `Policy, High-Risk Operations: TRUNCATE, almost never in production; ${docs("sql-truncate.html")}`,
  bad: { body: "TRUNCATE dagapp.notes;" },
  good: {
    header: { "Data recovery": "Not possible" },
    body: "-- batch\nDELETE FROM dagapp.notes WHERE note_id < 1000;",
  },
  find: (subject) =>
    oldWrites(subject)
      .filter(({ item }) => item.verb === "truncate")
      .map(({ placed, item }) =>
        atStatement(
          placed,
          `${placed.statement.kind} deletes every row of ${sqlName(item.object)}${byWhat(item)}.`,
          `behind the COMMIT, a DELETE of the rows that are to go, with a WHERE that names them and -- batch above it; keep the others.`,
        ),
      ),
});
