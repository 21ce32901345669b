/**
 * Gate rule armed-code: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import type { ArmedCode } from "../../../impact/impact";
import { oneLine, quoted, sqlName } from "../../../sql/sqlText";
import { wholeRow } from "../../../statements/assignedRow";
import { placedOperationOf, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** Of what a trigger gives other values: the columns that were there before the file. */
function overwritten(
  subject: Subject,
  { table, columns }: NonNullable<ArmedCode["sets"]>,
): readonly string[] {
  const before = subject.before.relation(table);
  if (before === null) return [];
  const isOld = (column: string): boolean =>
    column === wholeRow || !before.columnsKnown || before.columns.has(column);
  return columns
    .filter(isOld)
    .map((column) =>
      column === wholeRow
        ? `writes another row in the place of each of ${sqlName(table)} that is updated`
        : `gives ${sqlName(table)}.${quoted(column)} another value in each row that is updated`,
    );
}

export const armedCode = fileRule({
  id: "armed-code",
  problem:
    "Code is put in place that deletes, overwrites or leaves out rows of tables in use when it runs later, or of which that cannot be told.",
  why: "this run does not show what it will do: a trigger, rule, policy, default, check or index expression runs when others write or read.",
  instead:
    "code that only reads and adds rows; where the very effect is meant, an exception that says what goes, and when.",
  exception: "reason",
  source: docs("triggers.html"),
  bad: {
    body:
      "CREATE FUNCTION dagapp.thin_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM dagapp.notes; RETURN NEW; END';\n" +
      "CREATE TRIGGER jobs_thin_out AFTER INSERT ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.thin_out();",
    rollback:
      "DROP TRIGGER IF EXISTS jobs_thin_out ON dagapp.jobs;\nDROP FUNCTION IF EXISTS dagapp.thin_out();",
  },
  good: {
    body: "CREATE TRIGGER jobs_touch BEFORE INSERT ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.touch();",
    rollback: "DROP TRIGGER IF EXISTS jobs_touch ON dagapp.jobs;",
  },
  find: (subject) =>
    subject.impacts.flatMap((impact) => {
      const placed = placedOperationOf(subject, impact.statement);
      return impact.arms.flatMap(({ what, does, sets, onCall, unknown }) => {
        if (placed === undefined || onCall) return [];
        const later = [
          ...does,
          ...(sets === null ? [] : overwritten(subject, sets)),
          ...(unknown === null ? [] : [unknown]),
        ].join("; ");
        if (later === "") return [];
        return [
          atStatement(
            placed,
            `${what} will run later: ${later}. ${oneLine(placed.statement.text)}`,
            "take it out; where it is meant, say under EXCEPTIONS what it does to what is there.",
          ),
        ];
      });
    }),
});
