/**
 * Which rollbacks are proven, what a proof ended with, and how that is told. Pure.
 * Does NOT run a proof (see prove.ts) or read one (see ledger.ts).
 */

/**
 * proven: apply, roll back, apply again, and nothing differs. irreversible: both ran, something differs, and the header
 * says so ("Data recovery: Not possible"). differs: both ran, and it should not. failed: something did not run.
 */
type ProofOutcome = "proven" | "irreversible" | "differs" | "failed" | "not run";

/** A version and the two texts that a proof is about. */
export interface RollbackTexts {
  readonly version: string;
  readonly checksum: string;
  readonly rollbackChecksum: string;
}

/** What names the texts of a migration; MigrationFile fits. */
export interface ProvableFile {
  readonly header: { readonly version: string };
  readonly checksum: string;
  readonly rollback: { readonly checksum: string } | null;
}

/** The texts to prove: one for each file that has a rollback file, in the order of the files. */
export const rollbackTexts = (files: readonly ProvableFile[]): readonly RollbackTexts[] =>
  files.flatMap(({ header: { version }, checksum, rollback }) =>
    rollback === null ? [] : [{ version, checksum, rollbackChecksum: rollback.checksum }],
  );

/** Those of the texts that are not among the others. A proof of another text is none. */
export function textsWithout(
  texts: readonly RollbackTexts[],
  others: readonly RollbackTexts[],
): readonly RollbackTexts[] {
  const keyOf = (one: RollbackTexts): string =>
    [one.version, one.checksum, one.rollbackChecksum].join(" ");
  const keys = new Set(others.map(keyOf));
  return texts.filter((one) => !keys.has(keyOf(one)));
}

/** Versions whose rollback is proven for exactly the texts that both files have now. */
export function provenNow(
  files: readonly ProvableFile[],
  proofs: readonly RollbackTexts[],
): ReadonlySet<string> {
  const texts = rollbackTexts(files);
  const open = new Set(textsWithout(texts, proofs));
  return new Set(texts.filter((one) => !open.has(one)).map(({ version }) => version));
}

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

/** How it ended, in one line. */
export function proofHeadline({ fileName, version, outcome, durationMs }: ProofResult): string {
  const took = outcome === "not run" ? "" : ` (${(durationMs / 1000).toFixed(1)} s)`;
  return `${fileName}: the rollback of ${version} ${sentences[outcome]}${took}.`;
}

/** One line, and one more for each difference or the reason. */
export function describeProof(result: ProofResult): string {
  const { differences, remarks, reason } = result;
  const more = [
    ...(reason === null ? [] : [reason]),
    ...differences,
    ...remarks.map((remark) => `not counted: ${remark}`),
  ];
  return [proofHeadline(result), ...more.map((line) => `  ${line.replaceAll("\n", "\n  ")}`)].join(
    "\n",
  );
}
