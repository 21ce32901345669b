/**
 * Gate rule enum-value-in-transaction: its texts, its examples, and what it finds.
 * Does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { enumMistakes } from "../../../impact/mistakes";
import { placedOperationOf } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const enumValueInTransaction = fileRule({
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
      "ALTER TYPE dagapp.job_status ADD VALUE IF NOT EXISTS 'paused';\n" +
      "INSERT INTO dagapp.jobs (job_id, status) VALUES ('x', 'paused');",
    rollback: "DELETE FROM dagapp.jobs WHERE job_id = 'x';",
  },
  find: (subject) =>
    subject.impacts.flatMap((impact) => {
      const placed =
        impact.mistakes.length === 0 ? undefined : placedOperationOf(subject, impact.statement);
      const mistakes =
        placed === undefined ? [] : enumMistakes(placed.segment).get(impact.statement);
      return placed === undefined
        ? []
        : (mistakes ?? []).map((mistake) =>
            atStatement(
              placed,
              `${mistake}.`,
              "move the ADD VALUE before the BEGIN, or the use of the label behind the COMMIT.",
            ),
          );
    }),
});
