/**
 * What a tier below has published of migrations: everything that any tier above may ask for, of which a test takes some
 * away. Pure.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import type {
  LowerTier,
  PublishedPgstac,
  PublishedVersion,
} from "../../../migrations/engine/history/promotion";
import type { Tier } from "../../../stack/tier";

const decision = { by: "Eve Holt", login: "eve", at: "2026-11-02T10:00:00.000Z" };

/** A migration as it is published once it is applied, proven, validated and signed off. */
export function publishedAs(
  { header, checksum, rollback }: MigrationFile,
  overrides: Partial<PublishedVersion> = {},
): PublishedVersion {
  const rollbackChecksum = rollback?.checksum ?? null;
  return {
    version: header.version,
    appliedAt: "2026-11-01T10:00:00.000Z",
    login: "ada",
    ticket: header.ticket,
    checksum,
    rollbackChecksum,
    proven: {
      rollbackChecksum,
      at: "2026-11-01T11:00:00.000Z",
      rows: { tables: 4, rows: 80, real: 80, empty: [], unmet: [] },
    },
    measured: [],
    unannounced: [],
    signedOff: decision,
    validated: decision,
    ...overrides,
  };
}

/** A stack of the tier that has applied these. */
export const lowerWith = (
  tier: Tier,
  versions: readonly PublishedVersion[],
): Extract<LowerTier, { kind: "known" }> => ({
  ...{ kind: "known", stack: `organization/rmhgeoapi-database/${tier}` },
  ...{ tier, versions },
});

/** PgSTAC as the tier below publishes it, well decided on; nothing where the stack has none. */
export function publishedPgstacAs(
  version: string | undefined,
  overrides: Partial<PublishedPgstac> = {},
): { readonly pgstac?: PublishedPgstac } {
  if (version === undefined) return {};
  const pgstac: PublishedPgstac = {
    ...{ version, appliedAt: "2026-11-01T10:00:00.000Z", login: "admin", ticket: null },
    ...{ checksum: "sha256:p", signedOff: decision, validated: decision },
    ...overrides,
  };
  return { pgstac };
}
