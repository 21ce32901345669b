/**
 * Names of everything that belongs to a server, derived from the server's own, and the limits Azure sets to them. Pure.
 * Does NOT ask whether a name is taken: Azure says so when the first resource is made.
 */

/** Of a Flexible Server: 3 to 63 characters; the portal wants lower case. Source: REST API, "Servers - Create". */
export const serverName = /^[a-z0-9]+(-[a-z0-9]+)*$/;
export const serverNameLength = { least: 3, most: 63 } as const;

/** Of a resource group. Source: Microsoft, "Naming rules and restrictions for Azure resources". */
export const resourceGroupName = /^[\w().-]{0,89}[\w()-]$/;

/** Of a Key Vault: 3 to 24 characters. The server's name is cut for it. */
const longestVaultName = 24;

export interface Names {
  readonly application: string;
  readonly pipeline: string;
  readonly vault: string;
  readonly workspace: string;
  readonly diagnostics: string;
  readonly actionGroup: string;
  /** 12 characters at most: it stands in text messages. */
  readonly actionGroupShort: string;
  readonly alert: string;
  readonly endpoint: string;
  readonly link: string;
  readonly lock: string;
}

/** The zone in which private endpoints of Flexible Servers are found. Source: Microsoft, concepts-networking-private-link. */
export const privateZone = "privatelink.postgres.database.azure.com";

/** The secret that the application reads; its versions are the rotations. */
export const secretName = "service-role-password";

export function namesOf(server: string): Names {
  return {
    application: `${server}-application`,
    pipeline: `${server}-pipeline`,
    vault: `${server.slice(0, longestVaultName - 3).replace(/-+$/, "")}-kv`,
    workspace: `${server}-logs`,
    diagnostics: `${server}-diagnostics`,
    actionGroup: `${server}-dba`,
    actionGroupShort: "ddl-alert",
    alert: `${server}-ddl-by-others`,
    endpoint: `${server}-endpoint`,
    link: `${server}-link`,
    lock: `${server}-keep`,
  };
}
