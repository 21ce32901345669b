/**
 * What one tier publishes of its versions, and what the next tier reads of it. Pure.
 * Does NOT reach another stack (see surveyStacks.ts) or judge what it says (see gate/rules/promotion).
 */
import { type Tier, tiers } from "../../../stack/tier";
import type { History, VersionState } from "./history";
import { type ProofRows, readProofRows } from "./proof";
import { describeImpactsMeasured } from "./segmentRecord";

/** Who decided, by which login, and when (ISO 8601). */
interface PublishedDecision {
  readonly by: string;
  readonly login: string;
  readonly at: string;
}

export interface PublishedProof {
  readonly rollbackChecksum: string | null;
  /** ISO 8601. */
  readonly at: string;
  /** What it had rows in, without what was lost; null where it had none, as those of earlier releases. */
  readonly rows: Omit<ProofRows, "lost"> | null;
}

/** One applied version as a stack publishes it: read back from ledger and events, never from the files. */
export interface PublishedVersion {
  readonly version: string;
  /** ISO 8601, or null when nobody recorded it. */
  readonly appliedAt: string | null;
  readonly login: string | null;
  readonly ticket: string | null;
  /**
   * Null: it ran outside of this program, and nobody acknowledged it; or it was baselined. What was only found there has
   * not been tried there, and proves nothing to the tier above, of whatever release that one's program is.
   */
  readonly checksum: string | null;
  readonly rollbackChecksum: string | null;
  /** Of exactly this checksum, together with the rollback's named here. */
  readonly proven: PublishedProof | null;
  /** What it did there, one line for each table: "dagapp.jobs: 3 rows updated". */
  readonly measured: readonly string[];
  /** What of that went beyond what its file announced. */
  readonly unannounced: readonly string[];
  readonly signedOff: PublishedDecision | null;
  readonly validated: PublishedDecision | null;
  /** By whom it was baselined; absent where it was run, and in the outputs of older releases. */
  readonly baselined?: PublishedDecision;
}

/** PgSTAC as a stack publishes it: read back from the events. */
export type PublishedPgstac = Pick<
  PublishedVersion,
  "version" | "appliedAt" | "login" | "ticket" | "checksum" | "signedOff" | "validated"
>;

/** What is known of the tier below. */
export type LowerTier =
  | {
      readonly kind: "known";
      readonly stack: string;
      readonly tier: Tier | null;
      readonly versions: readonly PublishedVersion[];
      /** PgSTAC that was installed there; absent where it publishes none. */
      readonly pgstac?: PublishedPgstac | null;
    }
  /** The stack does not exist, or publishes nothing: as if nothing were applied there. */
  | { readonly kind: "missing"; readonly stack: string; readonly reason: string }
  /** It could not be asked: nothing can be said either way. */
  | { readonly kind: "unknown"; readonly stack: string; readonly reason: string };

/** The applied versions, in the ledger's order. */
export function publishedVersions({ versions }: History): readonly PublishedVersion[] {
  return versions.filter(({ status }) => status === "applied").map(published);
}

/** PgSTAC as it was brought last; null where it was not. Its version is PgSTAC's own. */
export function publishedPgstac({ pgstac }: History): PublishedPgstac | null {
  if (pgstac === null || pgstac === undefined) return null;
  const { installed, at, executedBy, ticket, checksum, signOff, validation } = pgstac;
  return {
    ...{ version: installed, appliedAt: at.toISOString(), login: executedBy, ticket, checksum },
    ...{ signedOff: publishedDecision(signOff), validated: publishedDecision(validation) },
  };
}

const publishedDecision = (made: VersionState["signOff"]): PublishedDecision | null =>
  made === null ? null : { by: made.by, login: made.login, at: made.at.toISOString() };

/** So many lines of a version go into the stack's outputs; its events have all. */
const mostPublished = 20;

function published(state: VersionState): PublishedVersion {
  const { proof, baseline } = state;
  const baselined = publishedDecision(baseline);
  return {
    version: state.version,
    appliedAt: state.completedAt?.toISOString() ?? null,
    login: state.executedBy,
    ticket: state.ticket,
    checksum: baseline === null ? state.checksum : null,
    rollbackChecksum: state.rollbackChecksum,
    proven:
      proof === null
        ? null
        : {
            rollbackChecksum: proof.rollbackChecksum,
            at: proof.at.toISOString(),
            rows: withoutLosses(proof.rows),
          },
    measured: describeImpactsMeasured(state.measured).slice(0, mostPublished),
    unannounced: state.measured.flatMap(({ unannounced = [] }) => unannounced),
    signedOff: publishedDecision(state.signOff),
    validated: publishedDecision(state.validation),
    ...(baselined === null ? {} : { baselined }),
  };
}

/** Outputs are small; what was lost as declared stands in the event. */
function withoutLosses(rows: ProofRows | null): PublishedProof["rows"] {
  if (rows === null) return null;
  const { tables, rows: count, real, empty, unmet } = rows;
  return { tables, rows: count, real, empty, unmet };
}

/**
 * What exactly this text did in the tier below, for a preview: "qa measured: dagapp.jobs: 3 rows updated". Empty where it
 * has not run there, or did nothing to what was there.
 */
export function measuredBelow(
  lower: LowerTier | null,
  { version, checksum }: { readonly version: string; readonly checksum: string },
): readonly string[] {
  if (lower?.kind !== "known") return [];
  const below = lower.versions.find((one) => one.version === version && one.checksum === checksum);
  return (below?.measured ?? []).map((text) => `${lower.stack} measured: ${text}`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

/**
 * Reads the outputs of another stack. What is not as publishedVersions makes it counts as not said, so that an older
 * or a foreign stack can withhold a promotion but never grant one.
 *
 * @param stack    Its name, for messages.
 * @param outputs  All outputs of it.
 */
export function readLowerTier(stack: string, outputs: unknown): LowerTier {
  const { tier, versions, pgstac } = isRecord(outputs) ? outputs : {};
  if (!Array.isArray(versions)) {
    return { kind: "missing", stack, reason: "it publishes no versions" };
  }
  return {
    kind: "known",
    stack,
    tier: tiers.find((one) => one === tier) ?? null,
    versions: versions.filter(isRecord).flatMap(readVersion),
    ...(isRecord(pgstac) ? readPgstac(pgstac) : {}),
  };
}

function readPgstac(
  one: Readonly<Record<string, unknown>>,
): Readonly<{ pgstac?: PublishedPgstac }> {
  const [read] = readVersion(one);
  if (read === undefined) return {};
  const { version, appliedAt, login, ticket, checksum, signedOff, validated } = read;
  return { pgstac: { version, appliedAt, login, ticket, checksum, signedOff, validated } };
}

function readVersion(one: Readonly<Record<string, unknown>>): readonly PublishedVersion[] {
  const { version, proven } = one;
  if (typeof version !== "string") return [];
  const baselined = readDecision(one["baselined"]);
  return [
    {
      version,
      appliedAt: textOrNull(one["appliedAt"]),
      login: textOrNull(one["login"]),
      ticket: textOrNull(one["ticket"]),
      checksum: textOrNull(one["checksum"]),
      rollbackChecksum: textOrNull(one["rollbackChecksum"]),
      proven:
        isRecord(proven) && typeof proven["at"] === "string"
          ? {
              rollbackChecksum: textOrNull(proven["rollbackChecksum"]),
              at: proven["at"],
              rows: withoutLosses(readProofRows(proven["rows"])),
            }
          : null,
      measured: textsOf(one["measured"]),
      unannounced: textsOf(one["unannounced"]),
      signedOff: readDecision(one["signedOff"]),
      validated: readDecision(one["validated"]),
      ...(baselined === null ? {} : { baselined }),
    },
  ];
}

function readDecision(value: unknown): PublishedDecision | null {
  if (!isRecord(value)) return null;
  const { by, login, at } = value;
  if (typeof by !== "string" || typeof login !== "string" || typeof at !== "string") return null;
  return { by, login, at };
}
