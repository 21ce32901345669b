// A server with PostGIS from the distribution's packages, and what is said where they cannot be had.
import { Client } from "pg";

import { serverAccount } from "../../../sandbox/account";
import { chooseBinaries } from "../../../sandbox/binaryChoice";
import { packagedBinaries } from "../../../sandbox/packagedBinaries";
import { startServer } from "../../../sandbox/server";
import { silentLog } from "../../../toolchain/log";
import { describeWithPostgis } from "../../support/servers/withPostgis";

jest.setTimeout(300_000);

const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

describeWithPostgis("PostGIS from packages", () => {
  it("lets an admin who is no superuser make it, and computes with its own projections", async () => {
    const binaries = await packagedBinaries(serverAccount(), silentLog);
    const server = await startServer({ binaries });
    try {
      const { host, port, superuser } = server;
      const as = async (user: string, password: string, sql: string) => {
        const client = new Client({ host, port, user, password, database: "postgres" });
        await client.connect();
        const { rows } = await client.query<{ at: string }>(sql).finally(() => client.end());
        return rows;
      };
      await as(
        superuser.name,
        superuser.password,
        "CREATE ROLE admin LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE postgres TO admin",
      );
      for (const name of ["postgis", "btree_gist", "unaccent"]) {
        await as("admin", "secret", `CREATE EXTENSION ${name}`);
      }
      const sql = "SELECT round(ST_X(ST_Transform(ST_Point(1, 2, 4326), 3857)))::text AS at";
      expect(await as("admin", "secret", sql)).toEqual([{ at: "111319" }]);
    } finally {
      await server.stop();
    }
  });
});

it("says in one line why a sandbox has no PostGIS, and what would bring it", async () => {
  const said: string[] = [];
  // No apt: as on another system.
  process.env.PATH = "/nowhere";
  delete process.env.PG_BINARIES;
  delete process.env.PG_MAJOR;
  const log = { ...silentLog, say: (line: string) => void said.push(line) };
  const { source, binaries } = await chooseBinaries(undefined, log);
  expect([source, binaries.major]).toEqual(["npm", 18]);
  expect(said).toEqual([
    expect.stringMatching(/^No PostGIS, so pgstac stays an empty schema: .*apt-get.*PG_BINARIES/),
  ]);
});
