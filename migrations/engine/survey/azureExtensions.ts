/**
 * Which extensions a server on Azure lets be created: those that its parameter azure.extensions lists, by a member of
 * azure_pg_admin. What is missing is said with the parameter to set and its whole new value. Pure.
 * Does NOT ask the server, and knows nothing of other platforms.
 *
 * Source: Microsoft, "Allow extensions" and errors-extensions (learn.microsoft.com/azure/postgresql/extensions).
 */
import { escapeIdentifier } from "pg";

import type { Settings } from "../../../stack/settings";

/** Whose members may create extensions there. */
const creators = "azure_pg_admin";

/** What a server says of its extensions; both are false or null on one that is not Azure's. */
export interface AzureExtensions {
  /** The parameter azure.extensions; null where the server has none: it is not Azure's. */
  readonly allowed: string | null;
  /** The admin is a member of azure_pg_admin. */
  readonly isCreator: boolean;
}

/** As SQL, in one row: what AzureExtensions holds. A parameter that does not exist is NULL. */
export const azureExtensionColumns = `
  pg_catalog.current_setting('azure.extensions', true) AS allowed,
  EXISTS (SELECT FROM pg_catalog.pg_roles AS r
           WHERE r.rolname = '${creators}' AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')) AS "isCreator"`;

const listed = (text: string): readonly string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

/** How an entry gets onto the list. @param allowed  What is on it; null: the command asks first. */
function remedyFor(name: string, allowed: readonly string[] | null, { azure }: Settings): string {
  if (azure?.mode === "create") {
    return `Name ${name} in rmhgeoapi-database:extensions; up sets azure.extensions from there.`;
  }
  const [group, server] = [azure?.resourceGroup ?? "GROUP", azure?.name ?? "SERVER"];
  const parameter = `-g ${group} -s ${server} --name azure.extensions`;
  const value =
    allowed === null
      ? `"$(az postgres flexible-server parameter show ${parameter} --query value -o tsv),${name}"`
      : [...allowed, name].join(",");
  return (
    `Add it to the server parameter azure.extensions, then run up again:\n` +
    `  az postgres flexible-server parameter set ${parameter} \\\n    --value ${value}`
  );
}

/**
 * What on Azure stands in the way of an extension; null where nothing does. Of a server that this program owns only the
 * admin: up sets the list before it makes the extension.
 */
export function azureObstacle(
  name: string,
  { allowed, isCreator }: AzureExtensions,
  settings: Settings,
): string | null {
  if (!isCreator) {
    return (
      `Azure lets only members of ${creators} create the extension ${name}, and ${settings.roles.admin} is none.\n` +
      `Have an administrator of the server run: GRANT ${creators} TO ${escapeIdentifier(settings.roles.admin)};`
    );
  }
  const list = listed(allowed ?? "");
  const isListed = list.some((one) => one.toLowerCase() === name.toLowerCase());
  if (isListed || settings.azure?.mode === "create") return null;
  return (
    `Azure refuses the extension ${name}: azure.extensions lists ${list.length === 0 ? "none" : list.join(", ")}.\n` +
    remedyFor(name, list, settings)
  );
}

/** Azure's words, as it says them when an extension is created. */
const refusal = /^extension "(?<name>[^"]+)" is not allow-listed for "azure_pg_admin"/i;

/** What to do about an error of CREATE EXTENSION, where it is Azure's list that refuses; else null. */
export function allowListRemedy(message: string, settings: Settings): string | null {
  const name = refusal.exec(message)?.groups?.["name"];
  if (name === undefined) return null;
  return `the server parameter azure.extensions lacks the entry ${name}. ${remedyFor(name, null, settings)}`;
}
