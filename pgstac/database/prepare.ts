/**
 * Makes ready what PgSTAC's installer needs of a database: its roles, the admin's membership in them, and the right to make
 * things in the schema. Runs as the admin, who is no superuser.
 * Does NOT make the schema or the extensions: those are declared (roles/resources/infrastructureRole.ts).
 */
import { type Client, escapeIdentifier } from "pg";

import { MigrationError } from "../../stack/errors";
import { pgstacOwner, pgstacSchema } from "../hardening/versions";

/** The three roles of PgSTAC's. Its installer would make them too, and then be no member of them. */
const pgstacRoleNames = [pgstacOwner, "pgstac_read", "pgstac_ingest"] as const;

/** The roles are there and this admin may not act for them. */
class PgstacRolesError extends MigrationError {
  readonly code = "PGSTAC_ROLES";
}

/** Within the caller's transaction. */
export async function preparePgstac(
  client: Client,
  admin: string,
  database: string,
): Promise<void> {
  const { rows } = await client.query<{ role: string; member: boolean }>(
    `SELECT rolname AS role, pg_has_role(oid, 'MEMBER') AS member
       FROM pg_catalog.pg_roles WHERE rolname = ANY ($1::text[])`,
    [pgstacRoleNames],
  );
  const member = new Map(rows.map((row) => [row.role, row.member]));
  for (const role of pgstacRoleNames) {
    if (!member.has(role)) await client.query(`CREATE ROLE ${escapeIdentifier(role)}`);
  }
  const lacking = pgstacRoleNames.filter((role) => member.get(role) !== true);
  await client.query("SAVEPOINT memberships");
  for (const role of lacking) {
    const [granted, to] = [role, admin].map(escapeIdentifier);
    await client.query(`GRANT ${granted} TO ${to}`).catch((cause: unknown) => {
      throw new PgstacRolesError(
        `${admin} may not act for ${role}, which somebody else made: roles are of the whole server.`,
        `have an administrator run: GRANT ${pgstacRoleNames.map(escapeIdentifier).join(", ")} TO ${to} WITH ADMIN OPTION;`,
        { cause },
      );
    });
  }
  await client.query("RELEASE SAVEPOINT memberships");
  const [schema, owner, here] = [pgstacSchema, pgstacOwner, database].map(escapeIdentifier);
  await client.query(`GRANT ALL ON SCHEMA ${schema} TO ${owner}`);
  await client.query(`GRANT TEMPORARY ON DATABASE ${here} TO ${owner}`);
}
