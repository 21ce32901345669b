/**
 * Runs the real pypgstac on a database, as the admin, after its file was seen to be the one that is known.
 * Does NOT decide which version (pgstac/hardening/plan.ts), or make anything safe afterwards (install.ts).
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { type Access, applicationName } from "../../stack/connection";
import { MigrationError } from "../../stack/errors";
import { silentLog } from "../../toolchain/log";
import { ensurePypgstac, type Pypgstac } from "../../toolchain/pypgstac";
import { run } from "../../toolchain/run";
import type { PgstacPlan } from "../hardening/plan";
import { packageDigests, type PgstacVersion } from "../hardening/versions";

/** PgSTAC's own installer could not be had, is not what is known, or failed. */
class PypgstacError extends MigrationError {
  readonly code = "PYPGSTAC";
}

export type PgstacChange = Extract<PgstacPlan, { readonly to: PgstacVersion }>;

/** What its session is called in pg_stat_activity: whoever finds one under the runner lock knows that it is nobody's. */
export const installerName = applicationName("pgstac installer");

/**
 * Gets pypgstac, before anything is changed in the database.
 *
 * @throws {PypgstacError} it cannot be had, or the file that would run is another than the one that is known.
 */
export async function fetchPypgstac(
  { to, file, digest }: PgstacChange,
  say: (line: string) => void,
): Promise<Pypgstac> {
  const pinned = { version: to, digest: packageDigests[to] };
  const installed = await ensurePypgstac(pinned, { ...silentLog, say }).catch((cause: unknown) => {
    const [message = "", ...hints] = (cause instanceof Error ? cause.message : String(cause)).split(
      "\nHint: ",
    );
    throw new PypgstacError(message, hints.join(" ") || "see the message.", { cause });
  });
  const text = await readFile(join(installed.migrations, file));
  const actual = createHash("sha256").update(text).digest("hex");
  if (actual !== digest) {
    throw new PypgstacError(
      `${join(installed.migrations, file)} has the SHA-256 sum ${actual}, and ${digest} is known.`,
      "remove the folder of this pypgstac in the cache (make distclean removes all); it is fetched anew.",
    );
  }
  return installed;
}

/** Longest an installation or upgrade may take. Milliseconds. */
const migratedWithinMs = 1_800_000;

/**
 * Runs a module as `python -m` does, and ends at once when the process that started it is gone: standard input ends
 * then. What it had begun in the database is undone with its connection.
 */
const whileParentLives = [
  "import os, runpy, sys, threading",
  "threading.Thread(target=lambda: (os.read(0, 1), os._exit(3)), daemon=True).start()",
  "module = sys.argv.pop(1)",
  "runpy.run_module(module, run_name='__main__', alter_sys=True)",
].join("\n");

/**
 * Runs `pypgstac migrate`. It works in one transaction.
 *
 * @throws {PypgstacError} it failed; the database is as it was.
 */
export async function migratePgstac(
  { settings, passwordOf }: Access,
  { to }: PgstacChange,
  { python }: Pypgstac,
): Promise<void> {
  const { server, roles } = settings;
  const password = await passwordOf("admin", roles.admin);
  const { PATH, HOME, LANG } = process.env;
  const migrate = ["pypgstac.pypgstac", "migrate", "--toversion", to];
  const outcome = await run(python, ["-c", whileParentLives, ...migrate], {
    tethered: true,
    timeoutMs: migratedWithinMs,
    // Nothing of the user's environment may lead it to another database.
    env: {
      ...{ PATH, HOME, LANG },
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGDATABASE: server.database,
      PGUSER: roles.admin,
      PGSSLMODE: server.sslmode,
      ...(server.sslRootCert === null ? {} : { PGSSLROOTCERT: server.sslRootCert }),
      ...(password === undefined ? {} : { PGPASSWORD: password }),
      PGAPPNAME: installerName,
      // The installer's own functions are found by their bare names.
      PGOPTIONS: "-c search_path=pgstac,public,pg_temp",
    },
  });
  if (outcome.status === 0) return;
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n");
  const tail = said.slice(-3).map((line) => line.trim());
  throw new PypgstacError(
    `pypgstac migrate to ${to} failed: ${tail.join(" / ")}`,
    "nothing of it was kept. Correct what it says, then run up again.",
  );
}
