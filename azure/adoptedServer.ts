/**
 * Looks at a server that exists, by asking Azure for each part by name, and says what differs from the estate's rules.
 * Does NOT change or register anything of it. Loaded only by a stack that has `azure: adopt`.
 */
import * as dbforpostgresql from "@pulumi/azure-native/dbforpostgresql";

import type { AzureServer } from "../stack/azure";
import { MigrationError } from "../stack/errors";
import type { Settings } from "../stack/settings";
import {
  type Difference,
  differenceLine,
  differencesOf,
  type LiveServer,
} from "./estate/differences";
import { parametersOf } from "./estate/parameters";

/** The server cannot be governed as it is: it is not there, or the tier forbids what it allows. */
export class AdoptError extends MigrationError {
  readonly code = "AZURE_ADOPT";
}

/** Azure's word for "there is none", in the text of a failed question. */
const isMissing = (error: unknown): boolean =>
  /ResourceNotFound|ResourceGroupNotFound|NotFound|status(Code)?[ =:]*404/i.test(
    error instanceof Error ? error.message : String(error),
  );

async function unlessMissing<T>(question: Promise<T>): Promise<T | null> {
  try {
    return await question;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Reads everything that the rules speak of. */
async function readServer(azure: AzureServer, settings: Settings): Promise<LiveServer> {
  const where = { resourceGroupName: azure.resourceGroup, serverName: azure.name };
  const server = await unlessMissing(dbforpostgresql.getServer(where)).catch((cause: unknown) => {
    const text = cause instanceof Error ? cause.message : String(cause);
    const reason = text.replace(/^invocation of .*? error: /, "").split("\n")[0] ?? "";
    throw new AdoptError(
      `Azure does not show the server ${azure.name}: ${reason}`,
      "Log in (az login, or ARM_CLIENT_ID and ARM_USE_OIDC), set ARM_SUBSCRIPTION_ID, and give the identity Reader on the resource group.",
      { cause },
    );
  });
  if (server === null) {
    throw new AdoptError(
      `There is no server ${azure.name} in the resource group ${azure.resourceGroup}.`,
      "Correct azureServer.name and azureServer.resourceGroup, or set azure to create.",
    );
  }
  const parameters = await Promise.all(
    parametersOf(settings).map(async ({ name }) => ({
      name,
      live: await unlessMissing(
        dbforpostgresql.getConfiguration({ ...where, configurationName: name }),
      ),
    })),
  );
  const administrators = await Promise.all(
    azure.administrators.map(async ({ objectId }) => ({
      objectId,
      live: await unlessMissing(
        dbforpostgresql.getAdministratorsMicrosoftEntra({ ...where, objectId }),
      ),
    })),
  );
  const database = await unlessMissing(
    dbforpostgresql.getDatabase({ ...where, databaseName: settings.server.database }),
  );
  return {
    version: server.version,
    skuName: server.sku?.name,
    storageGiB: server.storage?.storageSizeGB,
    autoGrow: server.storage?.autoGrow,
    activeDirectoryAuth: server.authConfig?.activeDirectoryAuth,
    passwordAuth: server.authConfig?.passwordAuth,
    tenantId: server.authConfig?.tenantId,
    backupDays: server.backup?.backupRetentionDays,
    geoRedundantBackup: server.backup?.geoRedundantBackup,
    highAvailability: server.highAvailability?.mode,
    publicNetworkAccess: server.network?.publicNetworkAccess,
    tags: server.tags ?? {},
    parameters: new Map(parameters.map(({ name, live }) => [name, live?.value ?? null])),
    pendingRestart: parameters
      .filter(({ live }) => live?.isConfigPendingRestart === true)
      .map(({ name }) => name),
    missingAdministrators: administrators
      .filter(({ live }) => live === null)
      .map(({ objectId }) => objectId),
    hasDatabase: database !== null,
  };
}

/**
 * Looks at the server.
 *
 * @returns every difference that is only told.
 * @throws {AdoptError} the server is missing, or differs in something that its tier forbids; all differences at once.
 */
export async function adoptedServer(
  azure: AzureServer,
  settings: Settings,
): Promise<readonly Difference[]> {
  const differences = differencesOf(azure, settings, await readServer(azure, settings));
  const refused = differences.filter(({ refuses }) => refuses);
  if (refused.length > 0) {
    throw new AdoptError(
      `${azure.name} may not be governed as ${settings.tier} as it is:\n${refused.map((one) => `    ${differenceLine(one)}`).join("\n")}`,
      "Change it on the server, then run preview again; nothing was changed.",
    );
  }
  return differences;
}
