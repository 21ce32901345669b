/**
 * Gate rule ban-reading-change: its texts, its examples, and what it finds.
 * Does NOT cover limits of the run (see ban-timeout-change).
 */
import { oneLine } from "../../../sql/sqlText";
import { always } from "../../input/gateRule";
import { atStatement, docs, fileRule } from "../fileRule";
import { changesIn, isForced, reading } from "./settingsFacts";

export const banReadingChange = fileRule({
  id: "ban-reading-change",
  severity: always,
  problem: "A file changes a setting that decides how SQL is read, or how values are written.",
  why: "the server would read another text than this gate and the reviewers have read.",
  instead: `leave it out: every session has ${[...reading].map(([name, value]) => `\`${name} = ${value}\``).join(", ")}.`,
  source: docs("runtime-config-compatible.html"),
  bad: { body: "SET standard_conforming_strings = off;\nANALYZE dagapp.jobs;" },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    changesIn(subject)
      .filter(({ change }) => reading.has(change.parameter) && !isForced(change))
      .map(({ placed, change }) =>
        atStatement(
          placed,
          `${oneLine(placed.statement.text)} changes ${change.parameter}, by which SQL is read.`,
          "remove it; write values in a form that does not depend on it.",
        ),
      ),
});
