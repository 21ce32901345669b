/**
 * Makes the stack's database, owned by its admin, where there is none.
 * Does NOT drop it, ever, and gives nobody rights in it.
 */
import { type Client, escapeIdentifier } from "pg";

import { MigrationError } from "../../stack/errors";

/** The database is there and cannot be the admin's. */
class DatabaseOwnerError extends MigrationError {
  readonly code = "DATABASE_OWNER";
}

/** In what the database differs, one line each. */
export async function databaseDrift(
  client: Client,
  database: string,
  owner: string,
): Promise<readonly string[]> {
  const live = await ownerOf(client, database);
  if (live === null) return [`${database}: there is no such database`];
  return live === owner ? [] : [`${database}: it belongs to ${live}, not to ${owner}`];
}

async function ownerOf(client: Client, database: string): Promise<string | null> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT r.rolname AS owner FROM pg_catalog.pg_database AS d
     JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba WHERE d.datname = $1`,
    [database],
  );
  return rows[0]?.owner ?? null;
}

/**
 * Makes it, or makes it the admin's.
 *
 * @throws {DatabaseOwnerError} it belongs to somebody whose things the admin may not take.
 */
export async function ensureDatabase(
  client: Client,
  database: string,
  owner: string,
): Promise<void> {
  const live = await ownerOf(client, database);
  const [name, login] = [escapeIdentifier(database), escapeIdentifier(owner)];
  if (live === null) {
    await client.query(`CREATE DATABASE ${name} OWNER ${login} TEMPLATE template0 ENCODING 'UTF8'`);
    return;
  }
  if (live === owner) return;
  const statement = `ALTER DATABASE ${name} OWNER TO ${login}`;
  try {
    await client.query(statement);
  } catch (cause) {
    throw new DatabaseOwnerError(
      `The database ${database} belongs to ${live}, and ${owner} may not take it over.`,
      `Have ${live} run: ${statement};`,
      { cause },
    );
  }
}
