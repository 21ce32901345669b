/**
 * In what an existing server differs from what this program would have made: every difference, in words. Pure.
 * Does NOT read the server (adoptedServer.ts) and changes nothing.
 */
import type { AzureServer } from "../../stack/azure";
import type { Settings } from "../../stack/settings";
import { parametersOf } from "./parameters";
import { serverSpec } from "./serverSpec";
import { serverTiers } from "./tierTable";

/** What was read of a server; what Azure does not say is undefined. */
export interface LiveServer {
  readonly version: string | undefined;
  readonly skuName: string | undefined;
  readonly storageGiB: number | undefined;
  readonly autoGrow: string | undefined;
  readonly activeDirectoryAuth: string | undefined;
  readonly passwordAuth: string | undefined;
  readonly tenantId: string | undefined;
  readonly backupDays: number | undefined;
  readonly geoRedundantBackup: string | undefined;
  readonly highAvailability: string | undefined;
  readonly publicNetworkAccess: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Values by name; null: the server has no such parameter. */
  readonly parameters: ReadonlyMap<string, string | null>;
  /** Names of the static ones that wait for a restart. */
  readonly pendingRestart: readonly string[];
  /** Object ids among the wanted administrators that are not administrators. */
  readonly missingAdministrators: readonly string[];
  /** Whether the stack's database is there. */
  readonly hasDatabase: boolean;
}

export interface Difference {
  /** What differs, as Azure calls it. */
  readonly what: string;
  readonly live: string;
  readonly wanted: string;
  /** True when the tier does not allow it: nothing is run before it is corrected. */
  readonly refuses: boolean;
}

/** Words that mean the same in Azure's answers and in ours; lists are sets. */
const normal = (value: string): string =>
  value
    .toLowerCase()
    .split(",")
    .map((part) => part.trim())
    .sort()
    .join(",");

const shown = (value: string | number | undefined | null): string =>
  value === undefined || value === null || value === "" ? "not set" : String(value);

export function differencesOf(
  azure: AzureServer,
  settings: Settings,
  live: LiveServer,
): readonly Difference[] {
  const spec = serverSpec(azure, settings);
  const tier = serverTiers[settings.tier];
  const differences: Difference[] = [];
  const compare = (
    what: string,
    liveValue: string | number | undefined | null,
    wanted: string | number,
    { refuses = false, isEnough = false } = {},
  ): void => {
    const same =
      normal(shown(liveValue)) === normal(String(wanted)) ||
      (isEnough && typeof liveValue === "number" && liveValue >= Number(wanted));
    if (!same) {
      differences.push({ what, live: shown(liveValue), wanted: String(wanted), refuses });
    }
  };

  // What the stack does not say is the server's own affair: an existing one may be larger or older.
  if (azure.version !== null) compare("version", live.version, spec.version);
  if (azure.sku !== null) compare("sku.name", live.skuName, spec.sku.name);
  compare("storage.storageSizeGB", live.storageGiB, spec.storage.storageSizeGB, { isEnough: true });
  compare("storage.autoGrow", live.autoGrow, spec.storage.autoGrow);
  compare(
    "authConfig.activeDirectoryAuth",
    live.activeDirectoryAuth,
    spec.authConfig.activeDirectoryAuth,
    { refuses: settings.server.authentication === "entra" },
  );
  if (!tier.allowsPasswords) {
    compare("authConfig.passwordAuth", live.passwordAuth, "Disabled", { refuses: true });
  }
  if (azure.tenantId !== "") compare("authConfig.tenantId", live.tenantId, azure.tenantId);
  compare("backup.backupRetentionDays", live.backupDays, spec.backup.backupRetentionDays, {
    isEnough: true,
  });
  if (tier.geoRedundantBackup) {
    compare("backup.geoRedundantBackup", live.geoRedundantBackup, "Enabled");
  }
  if (tier.highAvailability !== "Disabled") {
    compare("highAvailability.mode", live.highAvailability, tier.highAvailability);
  }
  if (!tier.allowsPublicAccess) {
    compare("network.publicNetworkAccess", live.publicNetworkAccess, "Disabled");
  }
  for (const [name, value] of Object.entries(spec.tags)) {
    if (value !== "") compare(`tags.${name}`, live.tags[name], value);
  }
  for (const { name, value } of parametersOf(settings)) {
    compare(`parameter ${name}`, live.parameters.get(name), value);
  }
  for (const name of live.pendingRestart) {
    differences.push({
      what: `parameter ${name}`,
      live: "waiting for a restart",
      wanted: "in force",
      refuses: false,
    });
  }
  for (const { name, objectId } of azure.administrators) {
    if (live.missingAdministrators.includes(objectId)) {
      compare(`administrator ${name}`, undefined, objectId);
    }
  }
  if (!live.hasDatabase) {
    compare(`database ${settings.server.database}`, undefined, "there", { refuses: true });
  }
  return differences;
}

/** `authConfig.passwordAuth is Enabled, should be Disabled`, one line each. */
export const differenceLine = ({ what, live, wanted }: Difference): string =>
  `${what} is ${live}, should be ${wanted}`;
