/**
 * Gate rule ban-search-path-change: its texts, its examples, and what it finds.
 * Does NOT cover limits of the run (see ban-timeout-change).
 */
import { oneLine } from "../../../sql/sqlText";
import { atStatement, docs, fileRule } from "../fileRule";
import { changesIn } from "./settingsFacts";

export const banSearchPathChange = fileRule({
  id: "ban-search-path-change",
  problem: "A file changes search_path or row_security for its session.",
  why: "names then lead elsewhere, or rows are hidden, in this file and unlike under psql or in the application.",
  instead: "write every name with its schema. The SET clause of a function is right, and stays.",
  source: docs("ddl-schemas.html#DDL-SCHEMAS-PATH"),
  exception: "reason",
  bad: { body: "SET search_path = dagapp;\nANALYZE dagapp.jobs;" },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    changesIn(subject)
      .filter(
        ({ change: { parameter, value, ofFunction } }) =>
          /^(search_path|row_security)$/.test(parameter) && value !== "" && !ofFunction,
      )
      .map(({ placed, change }) =>
        atStatement(
          placed,
          `${oneLine(placed.statement.text)} changes ${change.parameter}.`,
          "remove it, and write every name with its schema.",
        ),
      ),
});
