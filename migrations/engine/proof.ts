/**
 * Which rollbacks are proven, what a proof ended with, and how that is told. Pure.
 * Does NOT run a proof (see prove.ts) or read one (see ledger.ts).
 */
import type { MigrationFile } from "./file";

/** The two texts for which a rollback was proven. */
export interface ProvenTexts {
  readonly version: string;
  readonly checksum: string;
  readonly rollbackChecksum: string;
}

/** Versions whose rollback is proven for exactly the texts that both files have now. */
export function provenVersions(
  migrations: readonly MigrationFile[],
  proofs: readonly ProvenTexts[],
): ReadonlySet<string> {
  const keyOf = (...texts: readonly string[]): string => texts.join(" ");
  const proven = new Set(
    proofs.map((one) => keyOf(one.version, one.checksum, one.rollbackChecksum)),
  );
  const isProvenNow = ({ header, checksum, rollback }: MigrationFile): boolean =>
    rollback !== null && proven.has(keyOf(header.version, checksum, rollback.checksum));
  return new Set(migrations.filter(isProvenNow).map(({ header }) => header.version));
}

/**
 * proven: apply, roll back, apply again, and nothing differs. irreversible: both ran, something differs, and the header
 * says so ("Data recovery: Not possible"). differs: both ran, and it should not. failed: something did not run.
 */
export type ProofOutcome = "proven" | "irreversible" | "differs" | "failed" | "not run";

/** The end of one proof. */
export interface ProofResult {
  readonly version: string;
  readonly fileName: string;
  readonly outcome: ProofOutcome;
  /** One line each: what is not as it was before, or not as it was after the first run. */
  readonly differences: readonly string[];
  /** One line each: columns that stand in another order, which no statement can put back and no query by name sees. */
  readonly remarks: readonly string[];
  /** Why it failed or was not run; null otherwise. */
  readonly reason: string | null;
  readonly durationMs: number;
}

/** Whether the gate may count it, and the events record it. */
export const isProven = ({ outcome }: ProofResult): boolean =>
  outcome === "proven" || outcome === "irreversible";

const sentences: Readonly<Record<ProofOutcome, string>> = {
  proven: "is proven: applied, rolled back and applied again, and nothing differs",
  irreversible:
    "is proven as far as it goes: the rollback runs, but does not bring everything back (Data recovery: Not possible)",
  differs: "is not proven: the database is not the same again",
  failed: "is not proven: it failed",
  "not run": "was not tried",
};

/** One line, and one more for each difference or the reason. */
export function describeProof(result: ProofResult): string {
  const { fileName, version, outcome, differences, remarks, reason, durationMs } = result;
  const took = outcome === "not run" ? "" : ` (${(durationMs / 1000).toFixed(1)} s)`;
  const more = [
    ...(reason === null ? [] : [reason]),
    ...differences,
    ...remarks.map((remark) => `not counted: ${remark}`),
  ];
  return [
    `${fileName}: the rollback of ${version} ${sentences[outcome]}${took}.`,
    ...more.map((line) => `  ${line.replaceAll("\n", "\n  ")}`),
  ].join("\n");
}
