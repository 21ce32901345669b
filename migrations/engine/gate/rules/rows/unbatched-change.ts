/**
 * Gate rule unbatched-change: its texts, its examples, and what it finds.
 * Does NOT cover the splitting of a change into batches (the runner does it, where the file asks for it).
 */
import { batchOf } from "../../../files/batch";
import type { RowImpact } from "../../../impact/impact";
import { sqlName } from "../../../sql/sqlText";
import { type RowWrite } from "../../../statements/operation";
import type { RuleFinding } from "../../input/gateRule";
import { byWhat, oldWrites } from "../../input/oldRows";
import { type PlacedOperation } from "../../input/placedOperation";
import { flat } from "../../input/remedySql";
import { unboundedWrites } from "../../input/rowChange";
import type { Subject } from "../../input/subject";
import { atStatement, fileRule, lockRiskHigh } from "../fileRule";

/** What is wrong with an UPDATE or DELETE of many rows; null when the runner does it in batches. */
function faultOf({ statement }: PlacedOperation, write: RowWrite): string | null {
  // A batch without WHERE or inside BEGIN … COMMIT is a problem of the file (BATCH_STATEMENT).
  if (batchOf(statement) !== null) return null;
  return write.filtered
    ? "it is not batched, and locks each row it finds until all are done"
    : "it has no WHERE, and locks every row until it is done";
}

export const unbatchedChange = fileRule({
  id: "unbatched-change",
  problem:
    "An UPDATE or DELETE of a table in use without WHERE, or not in batches; or the same as MERGE or ON CONFLICT DO UPDATE.",
  why: "one long transaction holds locks on all its rows, bloats the table, and starts from zero when it fails.",
  instead:
    "put `-- batch` (or `-- batch rows=5000 pause=100ms target=500ms`) directly above it, behind the COMMIT, with a WHERE that " +
    "finds only rows still to do. Rows named by their key (`= constant`, `IN (…)`) need no batches.",
  source: "Policy, Safe Pattern: Backfill in batches",
  exception: lockRiskHigh,
  bad: { body: "UPDATE dagapp.jobs SET owner = 'nobody' WHERE owner IS NULL;" },
  good: {
    body: "-- batch rows=5000\nUPDATE dagapp.jobs SET owner = 'nobody' WHERE owner IS NULL;",
  },
  find: (subject) => [
    ...named(subject),
    ...oldWrites(subject)
      .filter(({ item, placed }) => isUnseen(subject, item, placed))
      .map(({ item, placed }) =>
        atStatement(
          placed,
          `${item.verb.toUpperCase()} of ${sqlName(item.object)}${byWhat(item)}: it is not batched, and nothing bounds it.`,
          `make the change of ${sqlName(item.object)} a statement of its own, behind the COMMIT, with -- batch above it.`,
        ),
      ),
  ],
});

/** Changes that the statement's own text does not show. */
function isUnseen(
  subject: Subject,
  { verb, object, by }: RowImpact,
  placed: PlacedOperation,
): boolean {
  if (by === null || (verb !== "update" && verb !== "delete")) return false;
  if (batchOf(placed.statement) !== null) return false;
  // A called function's statements are looked at one by one.
  return !subject.placedOperations.some(
    (one) =>
      one.statement === placed.statement &&
      unboundedWrites(subject, one).some(
        (write) => write.verb === verb && sqlName(write.table) === sqlName(object),
      ),
  );
}

/** Changes by the statements themselves, and by those of functions that they call. */
function named(subject: Subject): readonly RuleFinding[] {
  return subject.placedOperations.flatMap((placed) =>
    unboundedWrites(subject, placed).flatMap((write) => {
      const fault = faultOf(placed, write);
      if (fault === null) return [];
      const sql = flat(placed.statement.text);
      const isPlain = write.verb === "update" || write.verb === "delete";
      return [
        atStatement(
          placed,
          `${write.verb.toUpperCase()} of ${sqlName(write.table)}: ${fault}.`,
          isPlain
            ? write.filtered
              ? `behind the COMMIT, with -- batch on the line above: ${sql};`
              : "behind the COMMIT, with a WHERE for the rows still to do, and -- batch on the line above."
            : "write what it changes as an UPDATE or DELETE with -- batch above it, what it adds as an INSERT.",
        ),
      ];
    }),
  );
}
