/**
 * Gate rule rollback-incomplete: its texts, its examples, and what it finds.
 * Does NOT cover a proof: that the catalog is the same afterwards only a run can tell.
 */
import { quoted } from "../../../sql/sqlText";
import { allChanges, leftBy, type NetChange, netChanges } from "../../input/netChanges";
import { madeRelation, placedOperationsOf, type Subject } from "../../input/subject";
import { atStatement, fileRule, rollbackTested } from "../fileRule";

const bare = (key: string): string => key.replace(/\(.*$/s, "");

/**
 * True when a rollback's changes answer the change.
 *
 * @param existed  Whether the earlier files left that key: asked last, since it takes a look at all of them.
 */
function isUndone(
  one: NetChange,
  back: readonly NetChange[],
  existed: (key: string) => boolean,
): boolean {
  // DROP FUNCTION f; names every argument list.
  const same = back.filter(({ key }) => key === one.key || key === bare(one.key));
  const homeGone = one.within.some((home) =>
    back.some(({ key, sign }) => key === home && sign === "-"),
  );
  const homeBack = one.within.some((home) =>
    back.some(({ key, sign }) => key === home && sign === "+"),
  );
  switch (one.sign) {
    case "+":
      // Of that name before and after: it went with its column, and came back.
      return homeGone || same.some(({ sign }) => sign === "-") || existed(one.key);
    case "-":
      return homeBack || same.some(({ sign }) => sign !== "-");
    case "~":
      // A function that OR REPLACE made anew is dropped; one that was there gets its old body back.
      return (
        homeGone ||
        back.some(({ within }) => within.includes(one.key)) ||
        same.some(({ sign }) => sign !== "-") ||
        (same.length > 0 && !existed(one.key) && !existed(bare(one.key)))
      );
  }
}

const verbs: Readonly<Record<NetChange["sign"], string>> = {
  "+": "makes",
  "-": "drops",
  "~": "changes",
};

/**
 * The same changes, each within all that takes it along: an index goes with its partition, that with the partition above
 * it, and that with the table.
 */
function withAllHomes(changes: readonly NetChange[]): readonly NetChange[] {
  const homes = new Map(changes.map(({ key, within }) => [key, within]));
  return changes.map((one) => {
    const all = new Set(one.within);
    // A set tells what is added to it while it is gone through.
    for (const home of all) for (const above of homes.get(home) ?? []) all.add(above);
    return { ...one, within: [...all] };
  });
}

/** What the migration does and the rollback leaves as it is. */
function leftOver(subject: Subject): readonly NetChange[] {
  const { rollback, header } = subject.file;
  if (rollback === null) return [];
  let left: ReadonlySet<string> | null = null;
  // Asked only where the rollback alone does not answer: it goes through all earlier files.
  const existed = (key: string): boolean => {
    left ??= leftBy(subject.earlier.flatMap(placedOperationsOf));
    return left.has(key);
  };
  const back = allChanges(subject.rollbackOperations);
  return withAllHomes(netChanges(subject.placedOperations))
    .filter((one) => !isUndone(one, back, existed))
    .filter(
      // PostgreSQL cannot take a label away; the header must have said so.
      ({ placed }) =>
        placed.operation.kind !== "add enum value" ||
        header.rollback.dataRecovery !== "Not possible",
    );
}

/** Kinds that DROP takes by their key's name. */
const droppedByName =
  /^(type|function|schema|statistics|collation|operator|cast|aggregate|publication)$/;

/** The statement that takes the change back, or null where its kind alone does not tell it. */
function inverse({ sign, key, placed }: NetChange): string | null {
  const [kind = "", ...rest] = key.split(" ");
  const name = rest.join(" ");
  const tableOf = name.slice(0, name.lastIndexOf("."));
  const partOf = name.slice(name.lastIndexOf(".") + 1);
  if (sign !== "+") return null;
  if (kind === "column" || kind === "constraint") {
    const home = placed.operation.kind === "alter domain" ? "DOMAIN" : "TABLE";
    return `ALTER ${home} ${tableOf} DROP ${kind.toUpperCase()} IF EXISTS ${partOf};`;
  }
  if (kind === "trigger" || kind === "policy" || kind === "rule") {
    return `DROP ${kind.toUpperCase()} IF EXISTS ${quoted(partOf)} ON ${tableOf};`;
  }
  if (kind === "partition") {
    const [child = "", , , parent = ""] = rest;
    return `ALTER TABLE ${parent} DETACH PARTITION ${child};`;
  }
  const word =
    kind === "relation"
      ? (madeRelation(placed.operation)?.word ?? null)
      : droppedByName.test(kind)
        ? kind.toUpperCase()
        : null;
  return word === null ? null : `DROP ${word} IF EXISTS ${name};`;
}

/** What to write, as SQL where that can be told. */
function remedyFor(one: NetChange, rollbackFile: string): string {
  const sql = inverse(one);
  if (sql !== null) return `add its inverse to ${rollbackFile}: ${sql}`;
  return one.sign === "+"
    ? `write into ${rollbackFile} the statement that takes ${one.key} back.`
    : `write into ${rollbackFile} the statement that makes ${one.key} again as it was: the file that made it has it.`;
}

export const rollbackIncomplete = fileRule({
  id: "rollback-incomplete",
  problem: "The rollback leaves something of what the migration does.",
  why: "after it the catalog is not the one before, and the next attempt or an older application meets the remains.",
  instead:
    "one statement in the rollback for each object that is made, dropped or changed, in the reverse order.",
  source: "Policy, Review: Rollback completeness",
  exception: rollbackTested,
  bad: {
    body: "CREATE TABLE dagapp.remarks (remark_id INTEGER);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_owner ON dagapp.jobs (owner);",
    rollback: "DROP TABLE IF EXISTS dagapp.remarks;",
  },
  good: {
    body: "CREATE TABLE dagapp.remarks (remark_id INTEGER);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_owner ON dagapp.jobs (owner);",
    rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;\nDROP TABLE IF EXISTS dagapp.remarks;",
  },
  find: (subject) =>
    leftOver(subject).map((one) =>
      atStatement(
        one.placed,
        `it ${verbs[one.sign]} ${one.key}; the rollback does not take that back.`,
        one.placed.operation.kind === "add enum value"
          ? "write Data recovery: Not possible into the header, and in the rollback's WARNING what stays."
          : remedyFor(one, subject.file.rollback?.fileName ?? ""),
      ),
    ),
});
