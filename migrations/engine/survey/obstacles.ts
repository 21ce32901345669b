/**
 * What stands on the server in the way of what the stack declares, and what an administrator runs: extensions that the
 * admin may not create, and settings of roles that the postgresql plugin cannot read.
 * Does NOT refuse anything: some platforms let the admin do what PostgreSQL says only a superuser may.
 */
import { type Client, escapeIdentifier } from "pg";

import type { Settings } from "../../../stack/settings";
import { azureExtensionColumns, type AzureExtensions, azureObstacle } from "./azureExtensions";

interface MissingExtension extends AzureExtensions {
  readonly name: string;
  readonly available: boolean;
  readonly restricted: boolean;
}

interface UnreadableSetting {
  readonly role: string;
  readonly setting: string;
}

/** One text each; empty where nothing is in the way. Runs as the admin, reads only. */
export async function readObstacles(
  client: Client,
  settings: Settings,
): Promise<readonly string[]> {
  const missing = await client.query<MissingExtension>(
    `SELECT wanted.name, a.name IS NOT NULL AS available,
            coalesce(v.superuser AND NOT v.trusted, false) AND NOT me.rolsuper AS restricted,
            ${azureExtensionColumns}
       FROM unnest($1::text[]) AS wanted (name)
       LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name = wanted.name
       LEFT JOIN pg_catalog.pg_available_extension_versions AS v
         ON v.name = a.name AND v.version = a.default_version
       JOIN pg_catalog.pg_roles AS me ON me.rolname = current_user
      WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname = wanted.name)`,
    [settings.extensions],
  );
  const { service, infrastructure, migrators, approvers, further } = settings.roles;
  const unreadable = await client.query<UnreadableSetting>(
    // In milliseconds without a unit they can be read; as PostgreSQL stores "30s" they cannot.
    `SELECT r.rolname AS role, kept.setting
       FROM pg_catalog.pg_roles AS r
      CROSS JOIN LATERAL unnest(r.rolconfig) AS kept (setting)
      WHERE r.rolname = ANY ($1::text[])
        AND kept.setting ~ '^(statement_timeout|idle_in_transaction_session_timeout)='
        AND kept.setting !~ '=-?[0-9]+$'
      ORDER BY 1, 2`,
    [[service, infrastructure, ...migrators, ...approvers, ...further.map(({ name }) => name)]],
  );
  return [
    ...missing.rows.flatMap((one) => extensionObstacle(one, settings)),
    ...unreadable.rows.map(settingObstacle),
    ...nameObstacles(settings),
  ];
}

function extensionObstacle(missing: MissingExtension, settings: Settings): readonly string[] {
  const { name, available, restricted } = missing;
  const { database } = settings.server;
  if (missing.allowed !== null && available) {
    const obstacle = azureObstacle(name, missing, settings);
    return obstacle === null ? [] : [obstacle];
  }
  if (!available) {
    return [
      `The server has no files of the extension ${name}.\n` +
        "Have its administrator install the package, or allow the extension on a managed server; then run up again.",
    ];
  }
  if (!restricted) return [];
  return [
    `The extension ${name} is not installed, and PostgreSQL lets only a superuser create it here.\n` +
      `Unless the platform makes an exception for the admin, have an administrator run this in database ${database}:\n` +
      `  CREATE EXTENSION ${escapeIdentifier(name)} SCHEMA public;\n` +
      `or add "trusted = true" to ${name}.control, which lets proofs create it in their scratch databases, too.`,
  ];
}

/**
 * The official plugin puts the database's name into an address as it is (behind `?` or `#` it would even be another
 * database), and takes the names of the roles that a migrator is a member of for escaped bytes.
 */
function nameObstacles({ server, roles }: Settings): readonly string[] {
  const remedy = "Have it renamed, or use the project's stand-in for the plugin.";
  return [
    ...(/[%?#]/.test(server.database)
      ? [
          `The official postgresql plugin cannot connect to database ${server.database}: its name holds %, ? or #.\n${remedy}`,
        ]
      : []),
    ...(roles.infrastructure.includes("\\")
      ? [
          `The official postgresql plugin cannot read the members of role ${roles.infrastructure}: its name holds a backslash.\n${remedy}`,
        ]
      : []),
  ];
}

function settingObstacle({ role, setting }: UnreadableSetting): string {
  const name = setting.slice(0, setting.indexOf("="));
  return (
    `Role ${role} keeps ${setting}, with a unit that the official postgresql plugin cannot read: it fails on the role.\n` +
    `Run this as the admin, then the command again: ALTER ROLE ${escapeIdentifier(role)} RESET ${name};`
  );
}
