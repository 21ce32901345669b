/**
 * What each stack of the project says of itself, for one page about all of them. Reads only.
 * Does NOT fail when a database cannot be asked: that is a fact too.
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import { planMigrations } from "../../migrations/engine/gate/input/plan";
import { ensureStamp } from "../../migrations/engine/history/stamp";
import { readCurrentState } from "../../migrations/engine/ledger/structure";
import { privilegeMatrix } from "../../roles/compare/matrix";
import { inspectPrivileges } from "../../roles/database/inspection";
import { withClient } from "../../stack/connection";
import { type Tier, tiers } from "../../stack/tier";
import type { Call } from "../frame/command";
import type { EstateStack } from "../report/estateModel";
import { elsewhere, withStack } from "./below";
import { openStack, type Stack, stackIn, stackNames } from "./stack";

/** In the order of promotion. */
export async function estateFacts(
  call: Call,
  files: readonly MigrationFile[],
): Promise<readonly EstateStack[]> {
  const named = call.text("stack");
  const others = elsewhere(call.environment);
  const names = call.flag("sandbox") ? tiers : await stackNames();
  const facts = await Promise.all(
    names.map((name) =>
      factsOf(name, files, () => {
        if (call.flag("sandbox")) return openStack(withStack(call, name));
        return stackIn(name, name === named ? call.environment : others);
      }),
    ),
  );
  const rank = (tier: Tier | null): number => (tier === null ? tiers.length : tiers.indexOf(tier));
  return [...facts].sort((a, b) => rank(a.tier) - rank(b.tier));
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

async function factsOf(
  stack: string,
  files: readonly MigrationFile[],
  open: () => Promise<Stack>,
): Promise<EstateStack> {
  let tier: Tier | null = null;
  try {
    const { access } = await open();
    const { settings } = access;
    tier = settings.tier;
    const purpose = { account: "admin", activity: "report", readOnly: true } as const;
    return await withClient(access, purpose, async (client): Promise<EstateStack> => {
      const { history, structure } = await readCurrentState(client, settings.schemas);
      const empty = history.stamp === null && history.versions.length === 0;
      ensureStamp(settings, history.stamp, { empty, adopt: null });
      const { targetVersion, windows } = settings.run;
      const plan = planMigrations(files, history.versions, targetVersion);
      const versionsOf = (some: readonly MigrationFile[]): readonly string[] =>
        some.map(({ header }) => header.version);
      const { host, port, database } = settings.server;
      return {
        ...{ stack, tier: settings.tier, reached: true, isSetUp: history.stamp !== null },
        database: `${host}:${port}/${database}`,
        targetVersion,
        windows,
        versions: history.versions,
        breakGlass: history.breakGlass,
        structure,
        pending: versionsOf(plan.pending),
        held: versionsOf(plan.held),
        toRollBack: versionsOf(plan.toRollBack),
        // Before the stack is set up there is nothing that could deviate.
        matrix:
          history.stamp === null
            ? null
            : privilegeMatrix(await inspectPrivileges(client, settings)),
      };
    });
  } catch (error) {
    return { stack, tier, reached: false, reason: reasonOf(error) };
  }
}
