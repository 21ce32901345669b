/**
 * Gate rule rollback-takes-more: its texts, its examples, and what it finds.
 * Does NOT cover a proof: that the catalog is the same afterwards only a run can tell.
 */
import type { RuleFinding } from "../../input/gateRule";
import { allChanges, leftBy, netChanges } from "../../input/netChanges";
import { placedOperationsOf, type Subject } from "../../input/subject";
import { takenBeyond } from "../../input/takenBeyond";
import { atStatement, fileRule } from "../fileRule";

const verbs = { "-": "drops or renames", "~": "changes" } as const;

/**
 * What was there before and what the rollback drops or changes, though nothing of the migration is about it: no inverse of
 * anything. Tables, columns and rows are looked at in takenBeyond.
 */
function untouched(subject: Subject): readonly RuleFinding[] {
  const own = netChanges(subject.rollbackOperations).filter(
    ({ sign, placed }) => sign !== "+" && placed.statement.ledger === null,
  );
  if (own.length === 0) return [];
  const forward = allChanges(subject.placedOperations);
  const made = new Set(forward.map(({ key }) => key));
  const touched = new Set(forward.flatMap(({ key, within }) => [key, ...within]));
  // All earlier files say what was there before: they are asked last, and of most migrations not at all.
  let before: ReadonlySet<string> | null = null;
  const wasThere = (key: string): boolean => {
    before ??= leftBy(subject.earlier.flatMap(placedOperationsOf));
    return before.has(key);
  };
  return own.flatMap(({ sign, key, within, placed }) => {
    if (sign === "+" || touched.has(key)) return [];
    // A property ("row security of relation m.t") was there with its table, an object by itself.
    const isProperty = key.includes(" of ");
    // What belongs to something that the migration makes or changes may go with it: a key brings NOT NULL along.
    const isNear = within.some((one) => (isProperty ? touched : made).has(one));
    if (isNear || !(isProperty ? within : [key]).some(wasThere)) return [];
    return [
      atStatement(
        placed,
        `the rollback ${verbs[sign]} ${key}, which the migration does not touch.`,
        "remove it from the rollback; what else must go, in a migration of its own.",
      ),
    ];
  });
}

export const rollbackTakesMore = fileRule({
  id: "rollback-takes-more",
  problem:
    "The rollback takes away tables, columns or rows that the migration does not bring, or changes what it does not touch.",
  why: "it is run in a hurry, trusted to undo one change; a proof in a scratch database has none of the rows that it would lose.",
  instead: "only the inverse of the migration; what else must go, in a migration of its own.",
  source: "Policy, Rollback Script; High-Risk Operations: data loss",
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;\nTRUNCATE dagapp.notes;",
  },
  good: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
  },
  find: (subject) => {
    const taken = takenBeyond(subject);
    return [
      ...taken.map(({ placed, what }) =>
        atStatement(
          placed,
          `the rollback ${what}, which the migration does not bring.`,
          "remove it from the rollback; or let the migration bring what the rollback is to take.",
        ),
      ),
      // One finding a statement is enough.
      ...untouched(subject).filter(
        ({ line }) => !taken.some(({ placed }) => placed.statement.line === line),
      ),
    ];
  },
});
