/**
 * What a file leaves behind: the sum of its operations, object by object. What is made and dropped again is nothing.
 * Does NOT look at rows and comments: those are for tests and review.
 */
import { changesOf, type ObjectChange, partKey, relationKey } from "./objectChanges";
import { type PlacedOperation } from "./placedOperation";
import { temporaryTables } from "./subject";

/** An object's change, and what makes it. */
export interface NetChange extends ObjectChange {
  readonly placed: PlacedOperation;
}

/** Every change of the placed operations, in order. */
export const allChanges = (placedOperations: readonly PlacedOperation[]): readonly NetChange[] =>
  placedOperations.flatMap((placed) =>
    changesOf(placed.operation).map((one) => ({ ...one, placed })),
  );

/** Keys of all that the placed operations leave behind, the constraints inside CREATE TABLE too. */
export function leftBy(placedOperations: readonly PlacedOperation[]): ReadonlySet<string> {
  const inTables = placedOperations.flatMap(({ operation }) =>
    operation.kind === "create table"
      ? operation.constraints.flatMap(({ name }) =>
          name === null ? [] : [partKey("constraint", operation.table, name)],
        )
      : [],
  );
  const changed = netChanges(placedOperations).filter(({ sign }) => sign !== "-");
  return new Set([...inTables, ...changed.map(({ key }) => key)]);
}

/** What remains of the changes: the last sign of each key, or "~" for what was dropped and made again. */
export function netChanges(placedOperations: readonly PlacedOperation[]): readonly NetChange[] {
  const net = new Map<string, NetChange>();
  /** Keys of what lies in each, as far as it was ever there: a file may drop ten thousand things. */
  const inside = new Map<string, Set<string>>();
  const temporary = new Set(
    [...temporaryTables(placedOperations)].map((name) => relationKey({ schema: null, name })),
  );
  for (const one of allChanges(placedOperations)) {
    if ([one.key, ...one.within].some((key) => temporary.has(key))) continue;
    const before = net.get(one.key);
    if (
      one.placed.operation.kind === "alter table" &&
      one.placed.operation.command.kind === "attach partition"
    ) {
      // What is attached goes with what it is attached to.
      const part = net.get(relationKey(one.placed.operation.command.partition));
      const above = relationKey(one.placed.operation.table);
      if (part?.sign === "+" && one.sign === "+") {
        net.set(part.key, { ...part, name: null, within: [...part.within, above] });
        inside.set(above, (inside.get(above) ?? new Set()).add(part.key));
      }
    }
    if (one.sign === "-" && one.moved === undefined) {
      // What lay in it goes with it.
      for (const key of inside.get(one.key) ?? []) {
        const held = net.get(key);
        if (held?.within.includes(one.key) === true && held.sign !== "-") net.delete(key);
      }
    }
    for (const home of one.within) {
      inside.set(home, (inside.get(home) ?? new Set()).add(one.key));
    }
    if (before?.sign === "+" && one.sign === "-") net.delete(one.key);
    else if (before?.sign === "+" && one.sign === "~") continue;
    else net.set(one.key, before?.sign === "-" && one.sign === "+" ? { ...one, sign: "~" } : one);
  }
  return [...net.values()];
}
