/**
 * Runs a SQL file through the machine's own psql, as an operator does who has nothing else.
 * Does NOT bring a psql: where none is on PATH, `findPsql` says so.
 */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** Where psql connects, and as whom. `options` are sent with the connection, as in PGOPTIONS. */
export interface PsqlTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly options: string;
}

/** The path of psql, or `undefined` when PATH has none. */
export function findPsql(): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((dir) => join(dir, "psql"));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Runs `psql -X -v ON_ERROR_STOP=1 -f file`.
 *
 * @returns what psql wrote to stderr: notices, one a line.
 * @throws {Error} psql ended with another status than 0; the message holds what it wrote.
 */
export async function runPsql(psql: string, target: PsqlTarget, file: string): Promise<string> {
  const { stderr } = await promisify(execFile)(
    psql,
    ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file],
    {
      env: {
        ...process.env,
        PGHOST: target.host,
        PGPORT: String(target.port),
        PGDATABASE: target.database,
        PGUSER: target.user,
        PGPASSWORD: target.password,
        PGOPTIONS: target.options,
      },
    },
  );
  return stderr;
}
