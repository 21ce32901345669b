/**
 * What `ddl compare`, `ddl baseline` and `ddl new --from-drift` have in common: which files a database is compared with,
 * and that it can be.
 * Does NOT compare (see migrations/engine/proof/compare.ts).
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import { ensureStamp } from "../../migrations/engine/history/stamp";
import { type CurrentState, readCurrentState } from "../../migrations/engine/ledger/structure";
import { ensureLedgerShape } from "../../migrations/engine/survey/survey";
import { withClient } from "../../stack/connection";
import { UsageError } from "../frame/command";
import type { Stack } from "./stack";
import { fileOfVersion } from "./target";

/**
 * What the database says of itself.
 *
 * @throws {UsageError} it was never brought up: the roles that a comparison needs are not there.
 * @throws {StampError} it is another tier's.
 */
export async function readComparable({ name, access }: Stack): Promise<CurrentState> {
  const { settings } = access;
  const purpose = { account: "admin", activity: "compare", readOnly: true } as const;
  const state = await withClient(access, purpose, async (client) => {
    await ensureLedgerShape(client, settings.roles);
    return readCurrentState(client, settings.schemas);
  });
  if (state.history.stamp === null) {
    throw new UsageError(
      `The database of ${name} has no stamp yet: roles and ledger, which a comparison needs, are not made.`,
      `pulumi config set adopt ${settings.tier} --stack ${name}, then up: it makes them, and takes nothing away from anybody.`,
    );
  }
  ensureStamp(settings, state.history.stamp);
  return state;
}

/**
 * The files to compare with: up to the version named, or to the highest that is applied where that is higher; without a
 * name to the highest that is applied, else to the stack's target.
 *
 * @throws {UsageError} no file has the version.
 */
export function filesToCompare(
  { access }: Stack,
  { history }: CurrentState,
  files: readonly MigrationFile[],
  version: string | undefined,
): readonly MigrationFile[] {
  const numberOf = (wanted: string): number => fileOfVersion(files, wanted).number;
  const applied = new Set(
    history.versions.filter(({ status }) => status === "applied").map((one) => one.version),
  );
  const highest = Math.max(
    0,
    ...files.filter(({ header }) => applied.has(header.version)).map(({ number }) => number),
  );
  const { targetVersion } = access.settings.run;
  const target = (): number => (targetVersion === "latest" ? Infinity : numberOf(targetVersion));
  const asked = version === undefined ? null : numberOf(version);
  const limit = asked === null ? (highest === 0 ? target() : highest) : Math.max(asked, highest);
  return files.filter(({ number }) => number <= limit);
}
