/**
 * Sends a SQL file to the server the way psql does: one statement after the other, each as it stands in the
 * file, stopping at the first error. Does NOT know about migrations, and does NOT support psql's own commands.
 */
import { parse } from "libpg-query";
import type { Client } from "pg";

/**
 * Returns the statements of a SQL text in order, each without its semicolon. Comments between two statements
 * go with neither or the second.
 *
 * @throws {SqlError} the text is not valid SQL.
 */
export async function splitStatements(sql: string): Promise<readonly string[]> {
  // The parser counts UTF-8 bytes, not characters.
  const bytes = Buffer.from(sql, "utf8");
  const { stmts = [] } = await parse(sql);
  return stmts.map(({ stmt_location: start = 0, stmt_len: length }) => {
    const end = length === undefined || length === 0 ? bytes.length : start + length;
    return bytes.subarray(start, end).toString("utf8").trim();
  });
}

/**
 * Runs a SQL text statement by statement on one connection.
 *
 * @returns the text of the notices the server sent, in order.
 * @throws {DatabaseError} a statement failed; those before it stand, an open transaction is rolled back.
 */
export async function runStatements(client: Client, sql: string): Promise<readonly string[]> {
  const notices: string[] = [];
  const keep = (notice: { message?: string | undefined }): void => {
    notices.push(notice.message ?? "");
  };
  client.on("notice", keep);
  try {
    for (const statement of await splitStatements(sql)) await client.query(statement);
    return notices;
  } catch (error) {
    // psql ends here, and with it its session.
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.off("notice", keep);
  }
}
