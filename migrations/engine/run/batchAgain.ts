/**
 * Which batches are run again when a run goes on: those whose rows the next statement looks at. Between a batch and the
 * constraint behind it writers may have written rows as they were before, and VALIDATE would fail at them for ever.
 * Pure. Does NOT run them (see attempt.ts).
 */
import { batchOf } from "../files/batch";
import type { Segment } from "../files/segments";
import { checks } from "../files/segmentTraits";
import { nameKey, type ObjectName } from "../sql/objectName";
import { flatOperations, type Operation } from "../statements/operation";

/** The table whose rows an operation holds to something; null for any other operation. */
function examined(operation: Operation): ObjectName | null {
  if (operation.kind === "create index") return operation.unique ? operation.table : null;
  if (operation.kind !== "alter table") return null;
  const { kind } = operation.command;
  const examines =
    kind === "validate constraint" || kind === "set not null" || kind === "add constraint";
  return examines ? operation.table : null;
}

const operationsOf = ({ statements }: Segment): readonly Operation[] =>
  statements.flatMap(({ operations }) => flatOperations(operations));

/**
 * @param segments  Of the file, in order.
 * @param done      Indexes of those that are done.
 * @returns         Indexes of batches among them that are run again: they change what matches and nothing else.
 */
export function batchesToRepeat(
  segments: readonly Segment[],
  done: ReadonlySet<number>,
): ReadonlySet<number> {
  const next = segments.find(
    ({ index, section, statements }) =>
      !done.has(index) && !checks.has(section) && statements.some(({ ledger }) => ledger === null),
  );
  if (next === undefined) return new Set();
  const tables = new Set(
    operationsOf(next).flatMap((operation) => {
      const table = examined(operation);
      return table === null ? [] : [nameKey(table)];
    }),
  );
  const isOf = (segment: Segment): boolean =>
    operationsOf(segment).some(
      (operation) =>
        operation.kind === "query" &&
        operation.query.writes.some(({ table }) => tables.has(nameKey(table))),
    );
  const found = segments.filter((segment) => {
    const [first] = segment.statements;
    const isBatch = segment.kind === "single" && first !== undefined && batchOf(first) !== null;
    return done.has(segment.index) && segment.index < next.index && isBatch && isOf(segment);
  });
  return new Set(found.map(({ index }) => index));
}
