/**
 * Which rollbacks are proven, what a proof ended with, and how that is told. Pure.
 * Does NOT run a proof (see prove.ts) or read one (see ledger.ts).
 */

/**
 * proven: apply, roll back, apply again, and nothing differs. irreversible: both ran, something differs or is lost, and the
 * header says so. differs: both ran, and it should not. failed: something did not run.
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

/** What a proof had rows in, as its event keeps it. */
export interface ProofRows {
  /** Tables with rows when the migration began, and how many rows they held. */
  readonly tables: number;
  readonly rows: number;
  /** How many of them are the tier's own; others were made up, come from samples.sql or from the files. */
  readonly real: number;
  /** Tables that one of the two files names and that were there without a row: what they lose was not seen. */
  readonly empty: readonly string[];
  /** What is lost as the header says, one line each. */
  readonly lost: readonly string[];
  /** UPDATE and DELETE that met no row, with their lines: what they do to one was not seen. */
  readonly unmet: readonly string[];
}

const isText = (value: unknown): value is string => typeof value === "string";
const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(isText) : [];
const numberIn = (value: unknown): number => (typeof value === "number" ? value : 0);

/** Reads what an event or another stack keeps of a proof's rows; null where it had none, as those of earlier releases. */
export function readProofRows(value: unknown): ProofRows | null {
  if (typeof value !== "object" || value === null || !("tables" in value)) return null;
  const { tables, rows, real, empty, lost, unmet } = value as Readonly<Record<string, unknown>>;
  return {
    tables: numberIn(tables),
    rows: numberIn(rows),
    real: numberIn(real),
    empty: textsIn(empty),
    lost: textsIn(lost),
    unmet: textsIn(unmet),
  };
}

/** "240 rows in 12 tables, 100 of them this database's own" */
function describeProofRows({ rows, tables, real }: ProofRows): string {
  const own = real === 0 ? "" : `, ${real} of them this database's own`;
  return `${rows} row${rows === 1 ? "" : "s"} in ${tables} table${tables === 1 ? "" : "s"}${own}`;
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
  /** Null where it did not come to the end. */
  readonly rows: ProofRows | null;
  readonly durationMs: number;
}

/** Whether the gate may count it, and the events record it. */
export const isProven = ({ outcome }: ProofResult): boolean =>
  outcome === "proven" || outcome === "irreversible";

const sentences: Readonly<Record<ProofOutcome, string>> = {
  proven: "is proven: applied, rolled back and applied again, and nothing differs",
  irreversible:
    "is proven as far as it goes: the rollback runs, but does not bring everything back, as the header says",
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
  const { differences, remarks, reason, rows } = result;
  const more = [
    ...(reason === null ? [] : [reason]),
    ...differences,
    ...(rows?.lost ?? []).map((loss) => `lost as declared: ${loss}`),
    ...(rows === null || rows.rows === 0 ? [] : [`with ${describeProofRows(rows)}`]),
    ...(rows === null || rows.empty.length === 0 ? [] : [`without rows: ${rows.empty.join(", ")}`]),
    ...(rows === null || rows.unmet.length === 0
      ? []
      : [`not proven of rows, for none was met: ${rows.unmet.join(", ")}`]),
    ...remarks.map((remark) => `not counted: ${remark}`),
  ];
  return [proofHeadline(result), ...more.map((line) => `  ${line.replaceAll("\n", "\n  ")}`)].join(
    "\n",
  );
}
