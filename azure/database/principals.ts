/**
 * Reads and writes which roles are principals of Entra, in the database `postgres`, where Azure keeps its functions.
 * Does NOT give a role anything else: attributes are its Role's, privileges are ExactGrants'.
 */
import { type Client, escapeIdentifier, escapeLiteral } from "pg";

import { MigrationError } from "../../stack/errors";
import { formatLabel, type LiveRole, type Principal, principalDrift, strangers } from "./label";

/** Principals could not all be made as declared. */
export class PrincipalError extends MigrationError {
  readonly code = "ENTRA_PRINCIPAL";
}

/** Writes a role's label, or takes it away. */
export type LabelWriter = (client: Client, role: string, label: string | null) => Promise<void>;

/**
 * The documented way, which keeps the role's grants. A server that is not Azure's has no provider of this name: tests
 * hand over a writer of their own.
 */
export const securityLabel: LabelWriter = async (client, role, label) => {
  const text = label === null ? "NULL" : escapeLiteral(label);
  await client.query(`SECURITY LABEL FOR "pgaadauth" ON ROLE ${escapeIdentifier(role)} IS ${text}`);
};

/** Wanted roles and every labelled one. pg_shseclabel is readable by every login; pg_authid is not. */
export async function readRoles(
  client: Client,
  wanted: readonly Principal[],
): Promise<readonly LiveRole[]> {
  const { rows: rights } = await client.query<{ reads: boolean }>(
    "SELECT pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') AS reads",
  );
  const password =
    rights[0]?.reads === true
      ? "(SELECT a.rolpassword IS NOT NULL FROM pg_catalog.pg_authid AS a WHERE a.oid = r.oid)"
      : "NULL::pg_catalog.bool";
  const { rows } = await client.query<LiveRole>(
    `SELECT r.rolname AS role, r.rolcanlogin AS login, l.label, ${password} AS "hasPassword"
     FROM pg_catalog.pg_roles AS r
     LEFT JOIN pg_catalog.pg_shseclabel AS l ON l.objoid = r.oid
       AND l.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND l.provider = 'pgaadauth'
     WHERE r.rolname = ANY ($1::pg_catalog.text[]) OR l.label IS NOT NULL
     ORDER BY r.rolname`,
    [wanted.map(({ role }) => role)],
  );
  return rows;
}

/** What deviates, one line each. */
export async function readDrift(
  client: Client,
  wanted: readonly Principal[],
  expected: readonly string[],
): Promise<readonly string[]> {
  return principalDrift(wanted, await readRoles(client, wanted), expected);
}

/**
 * Makes every role the principal that it should be, takes labels from roles that nobody listed, and reads back. In one
 * transaction: half of it would lock somebody out.
 *
 * @param gone  Roles that are no longer principals: their label goes, they stay.
 * @throws {PrincipalError} naming what could not be made.
 */
export async function mendPrincipals(
  client: Client,
  wanted: readonly Principal[],
  { expected, gone }: { readonly expected: readonly string[]; readonly gone: readonly string[] },
  writeLabel: LabelWriter = securityLabel,
): Promise<readonly string[]> {
  const live = await readRoles(client, [
    ...wanted,
    ...gone.map((role): Principal => ({ role, objectId: "", type: "service" })),
  ]);
  const roleOf = new Map(live.map((one) => [one.role, one]));
  const before = principalDrift(wanted, live, [...expected, ...gone]);
  const outcast = [
    ...gone.filter((role) => (roleOf.get(role)?.label ?? null) !== null),
    ...strangers(wanted, live, [...expected, ...gone]).map(({ role }) => role),
  ];
  await client.query("BEGIN");
  try {
    for (const principal of wanted) {
      await mendOne(client, principal, roleOf.get(principal.role), writeLabel);
    }
    for (const role of outcast) await writeLabel(client, role, null);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw explain(error);
  }
  const left = await readDrift(client, wanted, expected);
  if (left.length > 0) {
    throw new PrincipalError(
      `${left.length} principal(s) are still not as declared:\n  ${left.join("\n  ")}`,
      "Have an administrator of the server look at them, in the database postgres.",
    );
  }
  return [...before, ...gone.map((role) => `${role}: it is no longer listed`)];
}

async function mendOne(
  client: Client,
  wanted: Principal,
  live: LiveRole | undefined,
  writeLabel: LabelWriter,
): Promise<void> {
  const { role, objectId, type } = wanted;
  if (live === undefined) {
    await client.query(
      "SELECT pg_catalog.pgaadauth_create_principal_with_oid($1, $2, $3, false, false)",
      [role, objectId.toLowerCase(), type],
    );
  } else if (live.label !== formatLabel(wanted)) {
    await writeLabel(client, role, formatLabel(wanted));
  }
  // Whether there is a password cannot be seen on Azure; to take away none is no harm.
  await client.query(`ALTER ROLE ${escapeIdentifier(role)} LOGIN PASSWORD NULL`);
}

/** What the server says, in words that help. Source: Microsoft, security-manage-entra-users, "Troubleshoot". */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /function pg_catalog\.pgaadauth_\w+\(.*\) does not exist|security label provider "pgaadauth" is not loaded/,
    "The server is not Azure's, or Entra authentication is off: turn activeDirectoryAuth on, or set authentication to password.",
  ],
  [
    /not found in the tenant/,
    "Correct the objectId in azureServer.principals: of an application it is that of the service principal (az ad sp show --id CLIENT_ID --query id).",
  ],
  [
    /permission denied|must have|only/i,
    "Log in with a token of an Entra administrator of the server: a login with a password cannot make principals.",
  ],
];

function explain(error: unknown): PrincipalError {
  const text = error instanceof Error ? error.message : String(error);
  const remedy = remedies.find(([pattern]) => pattern.test(text));
  return new PrincipalError(
    `The principals could not be written: ${text}. Nothing was changed.`,
    remedy?.[1] ?? "Correct what the server says, then run up again.",
    { cause: error },
  );
}
