/**
 * Compares what was claimed of a statement with what was measured, and words each difference.
 * Does NOT measure.
 */
import type { StatementImpact } from "../../../migrations/engine/impact/impact";
import { compareModes, type LockMode } from "../../../migrations/engine/sql/lockModes";
import { nameOf } from "../files/impacts";
import type { Measured, Relation } from "./measure";

/** What of a claim may be stronger than what this server does; by relation, with the reason in the row. */
export interface Tolerated {
  /** Names of relations whose lock may be claimed stronger. */
  readonly locks?: readonly string[];
  readonly rewrites?: readonly string[];
  readonly scans?: readonly string[];
}

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort();

function compareLocks(
  claimed: ReadonlyMap<string, LockMode>,
  measured: ReadonlyMap<string, LockMode>,
  relations: ReadonlyMap<string, Relation>,
  tolerated: readonly string[],
): readonly string[] {
  const differences: string[] = [];
  for (const name of sorted(new Set([...claimed.keys(), ...measured.keys()]))) {
    const relation = relations.get(name);
    const [claim, fact] = [claimed.get(name), measured.get(name)];
    if (claim === fact) continue;
    const covers = (mode: LockMode | undefined): boolean =>
      mode !== undefined && fact !== undefined && compareModes(mode, fact) >= 0;
    // An index that is not named follows its table; nextval waits for nobody but DDL on the sequence.
    if (claim === undefined && relation?.kind === "i" && covers(claimed.get(relation.table ?? "")))
      continue;
    if (claim === undefined && relation?.kind === "I" && covers(claimed.get(relation.table ?? "")))
      continue;
    if (claim === undefined && relation?.kind === "S" && fact === "ROW EXCLUSIVE") continue;
    const isStronger = claim !== undefined && (fact === undefined || compareModes(claim, fact) > 0);
    if (isStronger && tolerated.includes(name)) continue;
    differences.push(`lock ${name}: claimed ${claim ?? "none"}, measured ${fact ?? "none"}`);
  }
  return differences;
}

function compareSets(
  what: string,
  claimed: ReadonlySet<string>,
  measured: ReadonlySet<string>,
  tolerated: readonly string[],
): readonly string[] {
  const missing = sorted(measured).filter((name) => !claimed.has(name));
  const extra = sorted(claimed).filter((name) => !measured.has(name) && !tolerated.includes(name));
  return [
    ...missing.map((name) => `${what} ${name}: measured, not claimed`),
    ...extra.map((name) => `${what} ${name}: claimed, not measured`),
  ];
}

/** Statements whose reads are the query's own business: how much they read is the planner's choice. */
const readsByPlan = (impact: StatementImpact): boolean =>
  impact.statement.operations.some(
    (operation) =>
      ["query", "copy", "refresh", "do", "create function"].includes(operation.kind) ||
      (operation.kind === "create table" && operation.query !== null) ||
      (operation.kind === "create view" && operation.materialized),
  );

/** The differences, `[]` when the claim holds. */
export function differences(
  impact: StatementImpact,
  measured: Measured,
  relations: ReadonlyMap<string, Relation>,
  tolerated: Tolerated = {},
): readonly string[] {
  const isTable = (name: string): boolean => ["r", "m"].includes(relations.get(name)?.kind ?? "");
  const claimedLocks = new Map(impact.locks.map(({ object, mode }) => [nameOf(object), mode]));
  const rewrites = new Set(impact.rewrites.map(nameOf).filter((name) => !isPartitioned(name)));
  const isOfRewritten = (name: string): boolean => {
    const table = relations.get(name)?.table ?? null;
    return table !== null && rewrites.has(table) && !rewrites.has(name);
  };
  function isPartitioned(name: string): boolean {
    return ["p", "I"].includes(relations.get(name)?.kind ?? "");
  }
  const written = new Set([...measured.rewrites].filter((name) => !isOfRewritten(name)));
  const scans = new Set(impact.scans.map(nameOf).filter(isTable));
  // What is written anew is read as well, and that is no news.
  const read = new Set([...measured.scans].filter((name) => isTable(name) && !rewrites.has(name)));
  return [
    ...compareLocks(claimedLocks, measured.locks, relations, tolerated.locks ?? []),
    ...compareSets("rewrite", rewrites, written, tolerated.rewrites ?? []),
    ...(readsByPlan(impact) ? [] : compareSets("scan", scans, read, tolerated.scans ?? [])),
  ];
}
