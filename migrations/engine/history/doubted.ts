/**
 * All versions of a history whose record cannot be gone by. Pure.
 * Does NOT find out why (see doubts.ts).
 */
import type { Tier } from "../../../stack/tier";
import type { History } from "./history";

/** A version whose record cannot be gone by, and why. */
export interface DoubtedVersion {
  readonly version: string;
  readonly doubts: readonly string[];
  /** What the ledger says of it. */
  readonly is: "lost" | "half done" | "whole";
}

const isLost =
  "a run has applied it, and the ledger has no row of it any more: the row was changed";

/** Those the ledger knows, and those it has lost. */
export const doubtsIn = ({ versions, lost = [] }: History): readonly DoubtedVersion[] => [
  ...versions.flatMap(({ version, doubts, status }): readonly DoubtedVersion[] =>
    doubts === undefined
      ? []
      : [{ version, doubts, is: status === "incomplete" ? "half done" : "whole" }],
  ),
  ...lost.map((version): DoubtedVersion => ({ version, doubts: [isLost], is: "lost" })),
];

/** What can be done about it. */
export function wayOut({ version, is }: DoubtedVersion, tier: Tier): string {
  const baseline = `npx ddl baseline ${version} --stack ${tier} --by <person> --reason <why>`;
  const ways: Readonly<Record<DoubtedVersion["is"], string>> = {
    lost: `ask who changed the row; then the admin puts it back, or records it again: ${baseline}.`,
    "half done": `ask who wrote it, then take ${version} back with its rollback file: lower targetVersion below it and run up.`,
    whole: `ask who wrote it; npx ddl compare --stack ${tier} names what is missing of ${version}, and where nothing is: ${baseline}.`,
  };
  return ways[is];
}
