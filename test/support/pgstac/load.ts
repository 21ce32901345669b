/**
 * Real items, and pypgstac's own loader with a login of a test's database.
 * Does NOT judge what was loaded.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { packageDigests, type PgstacVersion } from "../../../pgstac/hardening/versions";
import { silentLog } from "../../../toolchain/log";
import { ensurePypgstac } from "../../../toolchain/pypgstac";
import { type Outcome, run } from "../../../toolchain/run";
import type { ProgramDatabase } from "../servers/programDatabase";

/** A minimal collection. */
export const collection = (id: string): object => ({
  ...{ id, type: "Collection", stac_version: "1.0.0", description: id, license: "proprietary" },
  extent: { spatial: { bbox: [[-180, -90, 180, 90]] }, temporal: { interval: [[null, null]] } },
  links: [],
});

/** The n-th item of a collection: a point, and a moment in one of twelve months. */
export function item(collectionId: string, n: number): object {
  const [lon, lat] = [(n % 360) - 180, (n % 180) - 90];
  return {
    ...{ id: `${collectionId}-${n}`, type: "Feature", stac_version: "1.0.0" },
    collection: collectionId,
    geometry: { type: "Point", coordinates: [lon, lat] },
    bbox: [lon, lat, lon, lat],
    properties: {
      datetime: new Date(Date.UTC(2025, n % 12, 1 + (n % 28))).toISOString(),
      "eo:cloud_cover": n % 100,
    },
    assets: { data: { href: `https://example.com/${n}.tif`, type: "image/tiff" } },
    links: [],
  };
}

/** Writes rows as NDJSON, which the loader reads. */
export async function writeRows(
  folder: string,
  name: string,
  rows: readonly object[],
): Promise<string> {
  const file = join(folder, `${name}.ndjson`);
  await writeFile(file, `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  return file;
}

/** What a login needs of the environment, for libpq. */
async function environmentOf(
  { access, names }: ProgramDatabase,
  user: string,
): Promise<NodeJS.ProcessEnv> {
  const { server } = access.settings;
  return {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME },
    ...{ PGHOST: server.host, PGPORT: String(server.port), PGDATABASE: server.database },
    PGUSER: user,
    PGPASSWORD: await access.passwordOf("service", names.service),
  };
}

/** Runs `pypgstac load`. */
export async function load(
  database: ProgramDatabase,
  version: PgstacVersion,
  what: { readonly table: "collections" | "items"; readonly file: string; readonly method: string },
  user = database.names.service,
): Promise<Outcome> {
  const pinned = { version, digest: packageDigests[version] };
  const { python } = await ensurePypgstac(pinned, silentLog);
  const args = ["-m", "pypgstac.pypgstac", "load", what.table, what.file, "--method", what.method];
  return run(python, args, { env: await environmentOf(database, user), timeoutMs: 120_000 });
}
