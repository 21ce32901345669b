/**
 * In which order the statements of many differences are tried: what is dropped first is in the way of what comes, and
 * what comes last rests on it. Pure.
 * Does NOT find out whether the order holds: a scratch database does (see proof/settle.ts).
 */
import type { SnapshotDifference } from "../history/snapshot";
import { orderOfColumns } from "../history/snapshot";

/** First words of a part that belongs to a table, when it goes. */
const partsGoing: readonly string[] = ["trigger", "policy", "rule", "constraint", "index"];

/** First words of objects, in the order in which they come. */
const objectsComing: readonly string[] = [
  "schema",
  "type",
  "sequence",
  "table",
  "function",
  "procedure",
  "operator",
  "text search",
  "view",
  "materialized view",
];

const partsComing: readonly string[] = [
  "column",
  "constraint",
  "index",
  "trigger",
  "policy",
  "rule",
  "options",
  "statistics",
];

const placeIn = (list: readonly string[], text: string): number => {
  const at = list.findIndex((word) => text.startsWith(`${word} `));
  return at === -1 ? list.length : at;
};

/** Parts that go, objects that come, parts that come or change, columns and objects that go, the other way round. */
function rank({ object, part, change }: SnapshotDifference): number {
  if (part === orderOfColumns) return 900;
  if (part === "itself") {
    if (change === "gone") return 500 - placeIn(objectsComing, object);
    return (change === "new" ? 100 : 300) + placeIn(objectsComing, object);
  }
  if (change !== "gone") return 200 + placeIn(partsComing, part);
  return part.startsWith("column ") ? 400 : placeIn(partsGoing, part);
}

/** A new array, in the order in which their statements are tried. */
export const ordered = <T extends SnapshotDifference>(differences: readonly T[]): readonly T[] =>
  [...differences].sort((a, b) => rank(a) - rank(b));
