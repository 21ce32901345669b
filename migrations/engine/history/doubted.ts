/**
 * All versions of a history whose record cannot be gone by. Pure.
 * Does NOT find out why (see doubts.ts).
 */
import type { History } from "./history";

/** A version whose record cannot be gone by, and why. */
export interface DoubtedVersion {
  readonly version: string;
  readonly doubts: readonly string[];
}

const isLost =
  "a run has applied it, and the ledger has no row of it any more: the row was changed";

/** Those the ledger knows, and those it has lost. */
export const doubtsIn = ({ versions, lost = [] }: History): readonly DoubtedVersion[] => [
  ...versions.flatMap(({ version, doubts }) => (doubts === undefined ? [] : [{ version, doubts }])),
  ...lost.map((version) => ({ version, doubts: [isLost] })),
];
