/**
 * What leads from the PgSTAC that there is to the one that a stack says, or why nothing does. Pure.
 * Does NOT ask who allowed it (migrations/engine/gate/gatePgstacRules.ts), or carry it out (pgstac/database/install.ts).
 */
import {
  compareVersions,
  migrationDigests,
  migrationFile,
  parsePgstacVersion,
  type PgstacVersion,
} from "./versions";

/** What a database was found to have: see pgstac/database/look.ts. */
export interface Found {
  readonly version: string | null;
  readonly distrust: string | null;
  readonly queued: number;
  /** The version that the events say was brought here last, null for none; absent where nobody asked. */
  readonly recorded?: string | null;
}

export type PgstacPlan =
  | { readonly kind: "nothing" }
  | {
      /** `finish`: it is there, and no event says so: a run was cut off behind it, or it was brought by hand. */
      readonly kind: "install" | "upgrade" | "finish";
      readonly from: PgstacVersion | null;
      readonly to: PgstacVersion;
      /** The file of pypgstac's that is run, and the SHA-256 sum that it must have. */
      readonly file: string;
      readonly digest: string;
    }
  | { readonly kind: "refused"; readonly reason: string; readonly remedy: string };

const refused = (reason: string, remedy: string): PgstacPlan => ({
  kind: "refused",
  reason,
  remedy,
});

/** Decides. A refusal is the same in every tier: none of these can be done safely. */
export function planPgstac(
  { version, distrust, queued, recorded }: Found,
  to: PgstacVersion,
): PgstacPlan {
  if (distrust !== null) {
    return refused(
      `the version of PgSTAC cannot be read: ${distrust}.`,
      "find out who made it, and remove it; dev and qa can be rebuilt.",
    );
  }
  if (version === to) {
    return recorded === undefined || recorded === to ? { kind: "nothing" } : finish(recorded, to);
  }
  const from = version === null ? null : parsePgstacVersion(version);
  if (from === undefined) {
    return refused(
      `PgSTAC ${version ?? ""} is installed, and no upgrade from it to ${to} is known here.`,
      "bring it to 0.9.12 with its own pypgstac first, as the admin.",
    );
  }
  if (from !== null && compareVersions(from, to) > 0) {
    return refused(
      `PgSTAC ${from} is installed, and ${to} is older: PgSTAC has no way back.`,
      `set pgstac to ${from}; dev and qa can be rebuilt, elsewhere a backup is the way back.`,
    );
  }
  if (from !== null && queued > 0) {
    return refused(
      `query_queue holds ${queued} statement(s), and an upgrade would run them as the admin.`,
      "look at them: SELECT * FROM pgstac.query_queue; then discard them as the admin: DELETE FROM pgstac.query_queue;",
    );
  }
  const digest = migrationDigests[to][from ?? "nothing"];
  if (digest === undefined) {
    return refused(
      `no file of PgSTAC's leads from ${from ?? "nothing"} to ${to}.`,
      "set pgstac to a version that one leads to.",
    );
  }
  const file = migrationFile(from ?? "nothing", to);
  return { kind: from === null ? "install" : "upgrade", from, to, file, digest };
}

/** By which file it came here can only be told from what was there before. */
function finish(recorded: string | null, to: PgstacVersion): PgstacPlan {
  const before = recorded === null ? null : (parsePgstacVersion(recorded) ?? null);
  const known = before !== null && migrationDigests[to][before] !== undefined ? before : null;
  const digest = migrationDigests[to][known ?? "nothing"] ?? "";
  return { kind: "finish", from: known, to, file: migrationFile(known ?? "nothing", to), digest };
}

/** What would be done, one line each, for a preview. Empty for nothing. */
export function describePlan(plan: PgstacPlan): readonly string[] {
  if (plan.kind === "nothing") return [];
  if (plan.kind === "refused") return [`refused: ${plan.reason}`];
  const { kind, from, to, file, digest } = plan;
  if (kind === "finish") {
    return [
      `PgSTAC ${to} is there and not on record: it is made safe, and recorded`,
      "search_path of its definers closed, names of partitions checked, privileges made exact",
    ];
  }
  return [
    kind === "install" ? `install PgSTAC ${to}` : `upgrade PgSTAC from ${from ?? ""} to ${to}`,
    `as the admin: pypgstac ${to}, ${file}, sha256:${digest.slice(0, 12)}`,
    "the application and readers are kept out until it is hardened",
    "search_path of its definers closed, names of partitions checked, privileges made exact",
  ];
}
