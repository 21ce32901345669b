/**
 * Views that stand on a column when it is to be dropped: PostgreSQL then refuses (2BP01).
 * Does NOT resolve the query of a view: it counts when its text names the column, or all of them. Holds no rule.
 */
import { dottedName, type ObjectName } from "../../../sql/objectName";
import type { PlacedOperation } from "../../input/placedOperation";
import { placedOperationsOf, sameName, type Subject } from "../../input/subject";

interface View {
  readonly name: ObjectName;
  readonly text: string;
  readonly reads: readonly ObjectName[];
}

/** `SELECT *`, `t.*`; not `count(*)`, not a product. */
const all = String.raw`(?:\bselect\s+(?:distinct\s+)?|,\s*|\.\s*)\*`;

/** Names of the views there are before the placed operation and that read the column; `a.b` each. */
export function viewsReading(
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
  column: string,
): readonly string[] {
  const before = [
    ...subject.earlier.flatMap(placedOperationsOf),
    ...subject.placedOperations.slice(0, placed.index),
  ];
  let views: readonly View[] = [];
  for (const { operation, statement } of before) {
    if (operation.kind === "create view") {
      const name = operation.view;
      views = views.filter((view) => !sameName(view.name, name));
      views = [...views, { name, text: statement.text, reads: operation.query.reads }];
    } else if (operation.kind === "drop") {
      const gone = operation.objects;
      views = views.filter((view) => !gone.some((one) => sameName(one, view.name)));
    }
  }
  const word = column.replaceAll(/[^\w]/g, "\\$&");
  const named = new RegExp(`(?<![\\w"])"?${word}"?(?![\\w"])|${all}`, "i");
  return views
    .filter(({ reads, text }) => reads.some((one) => sameName(one, table)) && named.test(text))
    .map(({ name }) => dottedName(name));
}
