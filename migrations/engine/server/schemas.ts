/**
 * Makes the governed schemas where the Pulumi program does not: in a rebuild and in a scratch database.
 * Does NOT drop anything or grant a privilege.
 */
import { type Client, escapeIdentifier } from "pg";

/** Makes schemas that belong to the infrastructure role. The caller is a member of it. */
export async function createSchemas(
  client: Client,
  schemas: readonly string[],
  infrastructureRole: string,
): Promise<void> {
  for (const schema of schemas) {
    await client.query(
      `CREATE SCHEMA ${escapeIdentifier(schema)} AUTHORIZATION ${escapeIdentifier(infrastructureRole)}`,
    );
  }
}
