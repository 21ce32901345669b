/**
 * How the program's own tables become those of a newer release: numbered steps, each from one version to the next.
 * Pure data and comparison; does NOT run a step (see ledger.ts). The policy's ledger has no step and never gets one.
 *
 * A new step goes at the end of the list, with the lines that it takes away from the shape and brings to it; the shape
 * itself (shape.ts) says what is true after the last step. A database of any released version is then brought up to date.
 */
import { eventKinds } from "./eventKinds";
import { compareShape, eventsShape, kindCheck, type TableShape } from "./shape";

/** One step of one table. */
export interface TableUpgrade {
  /** The version that it leads to; the first release is 1. Rising, without gaps. */
  readonly to: number;
  readonly table: string;
  /** For people: what is new. */
  readonly title: string;
  readonly statements: readonly string[];
  /** Lines of describeTable that are gone afterwards, and those that are new. */
  readonly removes: readonly string[];
  readonly adds: readonly string[];
}

/** The kinds of the first release. */
const firstKinds = [
  ...["started", "segment-started", "segment-done", "applied", "failed", "rolled-back"],
  ...["stamped", "rebuilt", "healed", "proven", "signed-off", "validated", "acknowledged"],
  ...["break-glass-opened", "break-glass-closed"],
] as const;

/** Those of the second, as its table has them. */
const secondKinds = [...firstKinds, "upgraded"] as const;

/** Those of the third. */
const thirdKinds = [...secondKinds, "pgstac-migrated"] as const;

/** Those of the fourth. */
const fourthKinds = [
  ...[...thirdKinds, "baselined"],
  ...["dataset-made", "dataset-dropped"],
] as const;

const kindLine = (kinds: readonly string[]): string => `constraint CHECK (${kindCheck(kinds)})`;

/** A step that lets the events be of further kinds. The table is locked while its rows are looked at. */
const furtherKinds = (
  to: number,
  title: string,
  before: readonly string[],
  after: readonly string[],
): TableUpgrade => ({
  ...{ to, title, table: eventsShape.name },
  statements: [
    `ALTER TABLE public.${eventsShape.name}
       DROP CONSTRAINT ${eventsShape.name}_kind_check,
       ADD CONSTRAINT ${eventsShape.name}_kind_check CHECK (${kindCheck(after)})`,
  ],
  ...{ removes: [kindLine(before)], adds: [kindLine(after)] },
});

/** The step from which on the admin records what runs leave of the structure, and nobody else is believed. */
export const adminRecords = 5;

/** Every step, lowest first. */
export const tableUpgrades: readonly TableUpgrade[] = [
  furtherKinds(2, 'events of the kind "upgraded"', firstKinds, secondKinds),
  furtherKinds(3, 'events of the kind "pgstac-migrated"', secondKinds, thirdKinds),
  furtherKinds(4, "events of baselines, and of datasets made and dropped", thirdKinds, fourthKinds),
  furtherKinds(adminRecords, "events of the structure, by the admin", fourthKinds, eventKinds),
];

/** What a table that exists is: of a released version, with the steps to the newest, or of none, with what differs. */
export type TableCondition =
  | { readonly kind: "released"; readonly upgrades: readonly TableUpgrade[] }
  | { readonly kind: "differs"; readonly differences: readonly string[] };

/**
 * Compares a table with its shape of every released version.
 *
 * @param found  Its lines as describeTable (ledger.ts) tells them.
 * @returns Where it equals no version, its differences to the nearest: what belongs to an older one is no difference.
 */
export function conditionOf(
  shape: TableShape,
  found: readonly string[],
  upgrades: readonly TableUpgrade[] = tableUpgrades,
): TableCondition {
  const steps = upgrades.filter(({ table }) => table === shape.name);
  // Newest first: of two that are as near, the newer one is meant.
  const versions = steps.map((_, index) => steps.slice(index)).reverse();
  const candidates = [[], ...versions].map((ahead) => ({
    ahead,
    differences: compareShape({ ...shape, lines: without(shape.lines, ahead) }, found),
  }));
  const nearest = candidates.reduce((best, one) =>
    one.differences.length < best.differences.length ? one : best,
  );
  return nearest.differences.length === 0
    ? { kind: "released", upgrades: nearest.ahead }
    : { kind: "differs", differences: nearest.differences };
}

/** The lines before some steps, of which `lines` are those after them. */
const without = (lines: readonly string[], steps: readonly TableUpgrade[]): readonly string[] =>
  steps.reduceRight<readonly string[]>(
    (after, { removes, adds }) => [...after.filter((line) => !adds.includes(line)), ...removes],
    lines,
  );

/** One line for preview and messages. */
export const describeUpgrade = ({ to, table, title }: TableUpgrade): string =>
  `public.${table}: upgrade ${to}: ${title}`;
