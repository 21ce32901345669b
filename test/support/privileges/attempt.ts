/**
 * Tries a statement as some login and tells how it ended, leaving the database as it was.
 * Does NOT judge the ending: the test says which one it wants.
 */
import type { Client } from "pg";

import { errorCode } from "../../../stack/connection";

/** SQLSTATE of success. */
export const works = "00000";
/** SQLSTATE of a missing privilege. */
export const refused = "42501";

/** Runs a statement in a transaction that is rolled back. Returns its SQLSTATE. */
export async function attempt(client: Client, sql: string): Promise<string> {
  await client.query("BEGIN");
  const ending = await attemptAlone(client, sql);
  await client.query("ROLLBACK");
  return ending;
}

/** Runs a statement on its own, for those that no transaction block may hold. Returns its SQLSTATE. */
export async function attemptAlone(client: Client, sql: string): Promise<string> {
  try {
    await client.query(sql);
    return works;
  } catch (error) {
    return errorCode(error);
  }
}
