/**
 * A database with the extensions that PgSTAC needs, governed by the program's own code, on a server with PostGIS.
 * Does NOT install PgSTAC.
 */
import { serverAccount } from "../../../sandbox/account";
import { packagedBinaries } from "../../../sandbox/packagedBinaries";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { silentLog } from "../../../toolchain/log";
import type { Configuration } from "../program/makeSettings";
import { makeProgramDatabase, type ProgramDatabase } from "../servers/programDatabase";

/** A server of the distribution's packages. */
export async function startPostgisServer(): Promise<PostgresServer> {
  const binaries = await packagedBinaries(serverAccount(), silentLog);
  return startServer({ binaries, settings: { autovacuum: "off" } });
}

/** @param version  Of PgSTAC, as the stack's configuration says. */
export async function makePgstacDatabase(
  server: PostgresServer,
  version: string,
  configuration: Configuration = {},
): Promise<ProgramDatabase> {
  const database = await makeProgramDatabase(server, {
    configuration: { pgstac: version, ...configuration },
  });
  await database.asAdmin(async (client) => {
    for (const extension of database.settings.extensions) {
      await client.query(`CREATE EXTENSION "${extension}" SCHEMA public`);
    }
  });
  return database;
}
