/**
 * What a server on Azure is in each tier, as data: everything that differs by tier stands here and nowhere else. Pure.
 * Does NOT say what no tier may do without (../../policy) or what Azure offers (offers.ts).
 */
import type { Tier } from "../../stack/tier";

export interface ServerTier {
  /** The smallest that does in this tier; a stack may say another. */
  readonly sku: string;
  readonly storageGiB: number;
  readonly highAvailability: "Disabled" | "SameZone" | "ZoneRedundant";
  /** Days, 7 to 35. */
  readonly backupDays: number;
  /** Only at creation; the region must have a pair. */
  readonly geoRedundantBackup: boolean;
  /** Logins may have passwords beside tokens. */
  readonly allowsPasswords: boolean;
  /** Public addresses may be let in, one by one. */
  readonly allowsPublicAccess: boolean;
  /** A CanNotDelete lock lies on server and logs; Pulumi protects them. */
  readonly locks: boolean;
  /** How long logs are kept, in days. */
  readonly logDays: number;
  readonly sslMinimum: "TLSv1.2" | "TLSv1.3";
  /** How long a session may idle in a transaction, in milliseconds. */
  readonly idleInTransactionMs: number;
  /** Day (0 is Sunday) and hour (UTC) at which Azure may restart the server for its own maintenance. */
  readonly maintenance: { readonly day: number; readonly hour: number };
}

const open = {
  highAvailability: "Disabled",
  geoRedundantBackup: false,
  allowsPasswords: true,
  allowsPublicAccess: true,
  locks: false,
  logDays: 31,
  sslMinimum: "TLSv1.2",
} as const;

const closed = {
  geoRedundantBackup: true,
  allowsPasswords: false,
  allowsPublicAccess: false,
  locks: true,
  sslMinimum: "TLSv1.3",
} as const;

/**
 * Maintenance comes to the lower tiers first in the week, so that prod meets nothing new.
 *
 * Source: the estate as it is (dev on B1ms with 32 GiB, seven days of backup); policy, "Environment Patterns".
 */
export const serverTiers: Readonly<Record<Tier, ServerTier>> = {
  dev: {
    ...open,
    sku: "Standard_B1ms",
    storageGiB: 32,
    backupDays: 7,
    idleInTransactionMs: 600_000,
    maintenance: { day: 1, hour: 2 },
  },
  qa: {
    ...open,
    sku: "Standard_B2s",
    storageGiB: 32,
    backupDays: 7,
    idleInTransactionMs: 600_000,
    maintenance: { day: 2, hour: 2 },
  },
  uat: {
    ...closed,
    sku: "Standard_D2ds_v5",
    storageGiB: 64,
    highAvailability: "Disabled",
    backupDays: 14,
    logDays: 90,
    idleInTransactionMs: 300_000,
    maintenance: { day: 3, hour: 2 },
  },
  prod: {
    ...closed,
    sku: "Standard_D4ds_v5",
    storageGiB: 128,
    highAvailability: "ZoneRedundant",
    backupDays: 35,
    logDays: 365,
    idleInTransactionMs: 300_000,
    maintenance: { day: 6, hour: 2 },
  },
};
