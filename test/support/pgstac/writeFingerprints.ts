/**
 * Writes the digests of PgSTAC's objects anew, from real installations: `npm run pgstac-fingerprints`.
 * Does NOT decide what counts as PgSTAC's own (migrations/engine/history/pgstacOwn.ts).
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { format, resolveConfig } from "prettier";

import { digestPgstac, pgstacsLines } from "../../../migrations/engine/history/pgstacOwn";
import { readServerMajor, readSnapshot } from "../../../migrations/engine/ledger/schemaSnapshot";
import { ensurePgstac } from "../../../pgstac/database/install";
import type { Fingerprint } from "../../../pgstac/hardening/fingerprints";
import type { PgstacVersion } from "../../../pgstac/hardening/versions";
import { makePgstacDatabase, startPostgisServer } from "./pgstacDatabase";

/** The versions that are brought one after the other, and the name of what they leave. */
const fingerprintRoutes: Readonly<Record<string, readonly PgstacVersion[]>> = {
  "0912": ["0.9.12"],
  "0100": ["0.10.0"],
  "0912To0100": ["0.9.12", "0.10.0"],
};

async function write(name: string, fingerprint: Fingerprint): Promise<void> {
  const lines = Object.entries(fingerprint)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([object, digest]) => `  ${JSON.stringify(object)}: "${digest}",`);
  const text = `/**
 * Digests of what PgSTAC left in its schema: made by npm run pgstac-fingerprints. Pure data.
 * Does NOT hold what the application or this program adds.
 */
export const fingerprint${name}: Readonly<Record<string, string>> = {
${lines.join("\n")}
};
`;
  const folder = join(__dirname, "..", "..", "..", "pgstac", "hardening");
  const file = join(folder, `fingerprint${name}.ts`);
  const options = await resolveConfig(file);
  await writeFile(file, await format(text, { ...options, filepath: file }));
}

async function main(): Promise<void> {
  const server = await startPostgisServer();
  try {
    for (const [name, versions] of Object.entries(fingerprintRoutes)) {
      const [first = "0.9.12"] = versions;
      const database = await makePgstacDatabase(server, first);
      for (const version of versions) {
        const access = database.accessWith({ pgstac: version });
        await ensurePgstac(access, version, null, () => undefined);
      }
      await database.asAdmin(async (client) => {
        const own = pgstacsLines(await readSnapshot(client, ["pgstac"]));
        await write(name, digestPgstac(own, await readServerMajor(client)));
      });
      await database.close();
    }
  } finally {
    await server.stop();
  }
}

if (require.main === module) void main();
