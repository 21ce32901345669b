/**
 * What a stack's server is to be, in the words of Azure's API: the one place that governedServer.ts registers from and
 * an adopted server is compared with (differences.ts). Pure.
 * Does NOT register, and holds no password.
 */
import type { AzureServer } from "../../stack/azure";
import type { Settings } from "../../stack/settings";
import { sizing } from "./checks";
import { skus, type SkuTier } from "./offers";
import { serverTiers } from "./tierTable";

type Switch = "Enabled" | "Disabled";
const onOff = (on: boolean): Switch => (on ? "Enabled" : "Disabled");

/** Arguments of a Flexible Server that hold no output and no secret. Each default of the SDK that matters is said. */
export interface ServerSpec {
  readonly serverName: string;
  readonly resourceGroupName: string;
  readonly location: string;
  readonly version: string;
  readonly sku: { readonly name: string; readonly tier: SkuTier };
  readonly storage: {
    readonly storageSizeGB: number;
    readonly autoGrow: Switch;
    readonly type: "Premium_LRS";
  };
  readonly authConfig: {
    readonly activeDirectoryAuth: Switch;
    readonly passwordAuth: Switch;
    readonly tenantId: string;
  };
  readonly backup: { readonly backupRetentionDays: number; readonly geoRedundantBackup: Switch };
  readonly highAvailability: { readonly mode: string };
  readonly network: { readonly publicNetworkAccess: Switch };
  readonly dataEncryption: { readonly type: "SystemManaged" };
  readonly maintenanceWindow: {
    readonly customWindow: Switch;
    readonly dayOfWeek: number;
    readonly startHour: number;
    readonly startMinute: number;
  };
  readonly tags: Readonly<Record<string, string>>;
}

/** What every resource is tagged with. */
export const tagsOf = (
  azure: AzureServer,
  settings: Settings,
): Readonly<Record<string, string>> => ({
  tier: settings.tier,
  owner: azure.owner,
  ticket: azure.ticket,
  "managed-by": "rmhgeoapi-database",
});

export function serverSpec(azure: AzureServer, settings: Settings): ServerSpec {
  const tier = serverTiers[settings.tier];
  const { version, sku, storageGiB } = sizing(azure, settings);
  return {
    serverName: azure.name,
    resourceGroupName: azure.resourceGroup,
    location: azure.location,
    version,
    sku: { name: sku, tier: skus.get(sku) ?? "GeneralPurpose" },
    storage: { storageSizeGB: storageGiB, autoGrow: "Enabled", type: "Premium_LRS" },
    authConfig: {
      activeDirectoryAuth: "Enabled",
      passwordAuth: onOff(settings.server.authentication === "password"),
      tenantId: azure.tenantId,
    },
    backup: {
      backupRetentionDays: tier.backupDays,
      geoRedundantBackup: onOff(tier.geoRedundantBackup),
    },
    highAvailability: { mode: tier.highAvailability },
    network: { publicNetworkAccess: onOff(azure.subnetId === null) },
    dataEncryption: { type: "SystemManaged" },
    maintenanceWindow: {
      customWindow: "Enabled",
      dayOfWeek: tier.maintenance.day,
      startHour: tier.maintenance.hour,
      startMinute: 0,
    },
    tags: tagsOf(azure, settings),
  };
}
