/**
 * Reads what a stack says about its server on Azure: none, one that exists, or one that this program makes. Pure.
 * Does NOT judge whether Azure offers it or the tier allows it (azure/checks.ts).
 */

/** `none`: any reachable server. `adopt`: one that exists is looked at. `create`: this program owns it. */
const azureModes = ["none", "adopt", "create"] as const;
type AzureMode = (typeof azureModes)[number];

/** As the API of Flexible Server spells it; the SDK's enum holds another service's values. */
const administratorTypes = ["User", "Group", "ServicePrincipal"] as const;
type AdministratorType = (typeof administratorTypes)[number];

/** As the functions in the database spell it. */
export const principalTypes = ["user", "group", "service"] as const;
export type PrincipalType = (typeof principalTypes)[number];

/** A Microsoft Entra administrator of the server. The name is the login, and case counts. */
interface Administrator {
  readonly name: string;
  readonly objectId: string;
  readonly type: AdministratorType;
}

/** A login of the database that is a principal of Entra. */
export interface PrincipalSettings {
  /** Name of the role in the database. */
  readonly role: string;
  /** Of an application: the object id of its service principal, not of its registration. */
  readonly objectId: string;
  readonly type: PrincipalType;
}

/** Addresses that may connect, both ends included. */
interface AddressRange {
  readonly name: string;
  readonly start: string;
  readonly end: string;
}

/** A job of a pipeline whose token the pipeline's identity trusts. */
export interface Federation {
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
}

/** What a stack says about its server on Azure. Null: the tier's own value (azure/tierTable.ts), or none. */
export interface AzureServer {
  readonly mode: Exclude<AzureMode, "none">;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location: string;
  readonly tenantId: string;
  /** Major version of PostgreSQL. */
  readonly version: string | null;
  readonly sku: string | null;
  readonly storageGiB: number | null;
  readonly administrators: readonly Administrator[];
  /** Id of the subnet that the private endpoint lies in; null: reached by public addresses. */
  readonly subnetId: string | null;
  /** Ids of the virtual networks that resolve the private name. */
  readonly networkIds: readonly string[];
  readonly addresses: readonly AddressRange[];
  /** Logins whose principals this program does not make itself. */
  readonly principals: readonly PrincipalSettings[];
  readonly federations: readonly Federation[];
  readonly alertEmails: readonly string[];
  /** Day on which the service role's password ends, YYYY-MM-DD. Only where there is one. */
  readonly secretExpires: string | null;
  readonly owner: string;
  readonly ticket: string;
}

/** Suffix of every Flexible Server's name in Azure's public cloud. */
const hostSuffix = ".postgres.database.azure.com";

/** The host of a Flexible Server, which follows from its name. */
export const hostOf = ({ name }: Pick<AzureServer, "name">): string => `${name}${hostSuffix}`;

/** What one key may hold. */
type Kind = "text" | "whole" | "texts" | { readonly [field: string]: readonly string[] | null };

/**
 * Each key, what it holds, in which modes it must be given, and what stands for it where it is not. A record's fields:
 * the words allowed, or null for any text.
 */
const keys: Readonly<
  Record<
    Exclude<keyof AzureServer, "mode">,
    {
      readonly kind: Kind;
      readonly needed: readonly AzureMode[];
      readonly absent: "" | null | readonly [];
    }
  >
> = {
  resourceGroup: { kind: "text", needed: ["adopt", "create"], absent: "" },
  name: { kind: "text", needed: ["adopt", "create"], absent: "" },
  location: { kind: "text", needed: ["create"], absent: "" },
  tenantId: { kind: "text", needed: ["create"], absent: "" },
  version: { kind: "text", needed: [], absent: null },
  sku: { kind: "text", needed: [], absent: null },
  storageGiB: { kind: "whole", needed: [], absent: null },
  administrators: {
    kind: { name: null, objectId: null, type: administratorTypes },
    needed: ["create"],
    absent: [],
  },
  subnetId: { kind: "text", needed: [], absent: null },
  networkIds: { kind: "texts", needed: [], absent: [] },
  addresses: { kind: { name: null, start: null, end: null }, needed: [], absent: [] },
  principals: {
    kind: { role: null, objectId: null, type: principalTypes },
    needed: [],
    absent: [],
  },
  federations: { kind: { name: null, issuer: null, subject: null }, needed: [], absent: [] },
  alertEmails: { kind: "texts", needed: ["create"], absent: [] },
  secretExpires: { kind: "text", needed: [], absent: null },
  owner: { kind: "text", needed: ["create"], absent: "" },
  ticket: { kind: "text", needed: ["create"], absent: "" },
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** What is wrong with the fields of one entry of a list of records. */
function recordProblems(
  entry: unknown,
  fields: Readonly<Record<string, readonly string[] | null>>,
): readonly string[] {
  if (!isRecord(entry)) return [`is not a record with ${Object.keys(fields).join(", ")}.`];
  const unknown = Object.keys(entry).filter((key) => !(key in fields));
  return [
    ...unknown.map((key) => `has ${key}, which is none of ${Object.keys(fields).join(", ")}.`),
    ...Object.entries(fields).flatMap(([field, allowed]) => {
      const value = entry[field];
      if (!isText(value)) return [`lacks ${field}.`];
      if (allowed === null || allowed.includes(value)) return [];
      return [`has ${field} "${value}", which is not one of ${allowed.join(", ")}.`];
    }),
  ];
}

/** What is wrong with the value of a key, in words that follow the key's name. */
function valueProblems(kind: Kind, value: unknown): readonly string[] {
  if (kind === "text") return isText(value) ? [] : [": it is not a text."];
  if (kind === "whole") return Number.isInteger(value) ? [] : [": it is not a whole number."];
  if (!Array.isArray(value)) return [": it is not a list."];
  const list: readonly unknown[] = value;
  if (kind === "texts") {
    return list.every(isText) ? [] : [": it is not a list of texts."];
  }
  return list.flatMap((entry, index) =>
    recordProblems(entry, kind).map((problem) => `[${index}] ${problem}`),
  );
}

const isMode = (text: string): text is AzureMode => azureModes.some((mode) => mode === text);

/**
 * Parses both keys.
 *
 * @param mode    The key `azure`; empty means none.
 * @param server  The key `azureServer`, JSON as configuration hands records over.
 * @returns       The server, null when there is none to speak of, and every problem, one line each.
 */
export function parseAzure(
  mode: string,
  server: string,
): { readonly azure: AzureServer | null; readonly problems: readonly string[] } {
  const none = (...problems: readonly string[]) => ({ azure: null, problems });
  const word = mode === "" ? "none" : mode;
  if (!isMode(word)) return none(`azure: "${word}" is not one of ${azureModes.join(", ")}.`);
  if (word === "none") return none();
  let given: unknown = null;
  try {
    given = server === "" ? {} : JSON.parse(server);
  } catch {
    // Not JSON: told below, as whatever else is not a record.
  }
  if (!isRecord(given)) return none("azureServer: it is not a record of keys and values.");
  const values = given;
  const problems = [
    ...Object.keys(values)
      .filter((key) => !(key in keys))
      .map(
        (key) =>
          `azureServer.${key}: there is no such key; known are ${Object.keys(keys).join(", ")}.`,
      ),
    ...Object.entries(keys).flatMap(([key, { kind, needed }]) => {
      if (values[key] !== undefined && values[key] !== null) {
        return valueProblems(kind, values[key]).map((problem) => `azureServer.${key}${problem}`);
      }
      return needed.includes(word) ? [`azureServer.${key}: it is missing (azure: ${word}).`] : [];
    }),
  ];
  if (problems.length > 0) return none(...problems);
  const unsaid = Object.fromEntries(
    Object.entries(keys).map(([key, { absent }]): [string, unknown] => [key, absent]),
  );
  const said = Object.entries(values).filter(([, value]) => value !== null);
  // Each key was looked at above: what is left are the types that the table names.
  const azure = { mode: word, ...unsaid, ...Object.fromEntries(said) };
  return { azure: azure as unknown as AzureServer, problems: [] };
}
