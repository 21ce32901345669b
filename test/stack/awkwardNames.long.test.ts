/** Every name that PostgreSQL takes works for every role, the database and a schema: applied, proven, mended, made anew. */
import { officialPlugin } from "../../toolchain/pluginPlaces";
import { smallMigrations, versionOf } from "../support/files/smallMigrations";
import { done, type ProgramStack } from "../support/program/programStack";
import { useProgramStacks } from "../support/program/useProgramStacks";
import { type TierDatabase, versionsOf } from "../support/servers/tierDatabase";

jest.setTimeout(600_000);

/** Characters that the official plugin cannot take in some names, which the program says. */
const onlyHere = (text: string): string => (officialPlugin() === undefined ? text : "");

const names = {
  database: `Geo "DB" of /x, it's $1\\${onlyHere(" 100%?#")}`,
  admin: "Platform.Team-Admin@contoso.com",
  migrator: `ADO\\pipeline: "migrate"`,
  approver: "José Müller@contoso.com, 'DBA'",
  service: "svc-Geo $USER",
  infrastructure: `Infra, "Team" 100%; --${onlyHere("\\")}`,
};
const reader = "Tiles::read&only";

const suite = useProgramStacks({ settings: { autovacuum: "off" } });
let database: TierDatabase;
let stack: ProgramStack;

beforeAll(async () => {
  database = await suite.database(names);
  stack = await suite.stack(database, {
    tier: "dev",
    files: smallMigrations([{}, {}]),
    config: {
      extensions: ["unaccent"],
      furtherRoles: [{ name: reader, kind: "reader", connectionLimit: 9 }],
    },
  });
});

it("brings the stack up, proves, finds nothing more to do, mends and rebuilds", async () => {
  done(await stack.up());
  const all = [1, 2].map(versionOf);
  expect(await versionsOf(database, "applied")).toEqual(all);
  expect(await versionsOf(database, "proven")).toEqual(all);
  done(await stack.preview("--expect-no-changes"));
  done(await stack.preview("--refresh", "--expect-no-changes"));
  const catalog = await database.catalog();

  const service = `"${names.service}"`;
  await database.sql("infrastructure", `GRANT TRUNCATE ON dagapp.t1 TO ${service}`);
  await database.sql("admin", `ALTER ROLE ${service} CONNECTION LIMIT 3`);
  await database.sql("superuser", `ALTER TABLE dagapp.t2 OWNER TO "${names.admin}"`);
  const grants = await stack.ddl("grants");
  expect(grants.status).toBe(1);
  const heal = await stack.ddl("heal");
  expect(heal).toMatchObject({ status: 0 });
  expect(await database.catalog()).toEqual(catalog);

  // Another pass drops what a killed one left, which it finds by its owner.
  const leftover = `ddl_proof_${Math.floor(Date.now() / 1000) - 3600}_0123abcd`;
  await database.sql("admin", `CREATE DATABASE ${leftover}`);
  expect(await stack.ddl("prove", versionOf(1))).toMatchObject({ status: 0 });
  expect(
    await database.sql("superuser", "SELECT datname FROM pg_database WHERE datname LIKE 'ddl%'"),
  ).toEqual([]);

  expect(await stack.ddl("rebuild")).toMatchObject({ status: 0 });
  done(await stack.up());
  expect(await database.catalog()).toEqual(catalog);
  await stack.forgetState();
  done(await stack.up("--refresh"));
  done(await stack.preview("--expect-no-changes"));
  expect(await database.catalog()).toEqual(catalog);
});
