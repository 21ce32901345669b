// Principals of Entra in a real PostgreSQL that has stand-ins for Azure's functions (standInFunctions.ts says how they
// differ): made, every drift named and mended, taken away; nothing half done; and the words when it is not Azure.
import { Client } from "pg";

import { formatLabel, type Principal } from "../../../azure/database/label";
import { databaseDrift, ensureDatabase } from "../../../azure/database/ownedDatabase";
import {
  type LabelWriter,
  mendPrincipals,
  PrincipalError,
  readDrift,
  securityLabel,
} from "../../../azure/database/principals";
import { admitTo, makeStandIns, standInLabel } from "../../support/azure/standInFunctions";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const ids = {
  service: "aaaaaaaa-0000-0000-0000-000000000001",
  migrator: "aaaaaaaa-0000-0000-0000-000000000002",
  other: "aaaaaaaa-0000-0000-0000-000000000009",
};
const service: Principal = { role: "geo service", objectId: ids.service, type: "service" };
const migrator: Principal = { role: "geo_migrator", objectId: ids.migrator, type: "service" };
const wanted = [service, migrator];
const expected = ["entra_admins"];

const suite = useServer();
let superuser: Client;
let admin: Client;

const sessionOf = async (user: string, password: string): Promise<Client> => {
  const { host, port } = suite.server;
  const client = new Client({ host, port, user, password, database: "postgres", ssl: false });
  await client.connect();
  suite.endLater(() => client.end());
  return client;
};

beforeAll(async () => {
  superuser = await sessionOf(suite.server.superuser.name, suite.server.superuser.password);
  await makeStandIns(superuser);
  await superuser.query(`CREATE ROLE entra_admins LOGIN CREATEROLE CREATEDB PASSWORD 'x'`);
  await superuser.query(admitTo("entra_admins"));
  admin = await sessionOf("entra_admins", "x");
});

const mend = (
  list: readonly Principal[],
  gone: readonly string[] = [],
  writer: LabelWriter = standInLabel,
): Promise<readonly string[]> => mendPrincipals(admin, list, { expected, gone }, writer);
const labels = async (): Promise<Readonly<Record<string, string>>> => {
  const { rows } = await superuser.query<{ rolname: string; label: string }>(
    "SELECT rolname, label FROM pg_roles JOIN pg_shseclabel ON objoid = pg_roles.oid ORDER BY 1",
  );
  return Object.fromEntries(rows.map(({ rolname, label }) => [rolname, label]));
};

it("makes those that are missing, labels those that are there, and finds nothing to do afterwards", async () => {
  await admin.query(`CREATE ROLE geo_migrator NOLOGIN`);
  expect(await readDrift(admin, wanted, expected)).toEqual([
    "geo service: there is no such role",
    "geo_migrator: it has no label, so nobody of Entra can log in",
    "geo_migrator: it may not log in",
  ]);
  expect(await mend(wanted)).toHaveLength(3);
  expect(await labels()).toEqual({
    "geo service": formatLabel(service),
    geo_migrator: formatLabel(migrator),
  });
  expect(await readDrift(admin, wanted, expected)).toEqual([]);
  expect(await mend(wanted)).toEqual([]);
  const { rows } = await superuser.query("SELECT * FROM pgaadauth_list_principals(false)");
  expect(rows).toEqual([
    expect.objectContaining({
      rolename: "geo service",
      objectid: ids.service,
      principaltype: "service",
    }),
    expect.objectContaining({ rolename: "geo_migrator", objectid: ids.migrator }),
  ]);
});

const relabel = (role: string, label: string | null): Promise<void> =>
  standInLabel(superuser, role, label);

it.each<[string, () => Promise<unknown>, string]>([
  [
    "a label that is gone",
    () => relabel("geo service", null),
    "geo service: it has no label, so nobody of Entra can log in",
  ],
  [
    "another object",
    () => relabel("geo service", `aadauth,oid=${ids.other},type=service`),
    `geo service: it is object ${ids.other}, not ${ids.service}`,
  ],
  [
    "another type",
    () => relabel("geo service", `aadauth,oid=${ids.service},type=user`),
    "geo service: it is a user, not a service",
  ],
  [
    "an administrator",
    () => relabel("geo service", `aadauth,oid=${ids.service},type=service,admin`),
    "geo service: it is an administrator of the server",
  ],
  [
    "a second factor",
    () => relabel("geo service", `aadauth,oid=${ids.service},type=service,mfa`),
    "geo service: it asks for a second factor, which no program has",
  ],
  [
    "a label that is none of Entra's",
    () => relabel("geo service", "secret"),
    "geo service: its label is not one of Entra's: secret",
  ],
  [
    "a login that is off",
    () => superuser.query('ALTER ROLE "geo service" NOLOGIN'),
    "geo service: it may not log in",
  ],
  [
    "a role that is gone",
    () => superuser.query('DROP ROLE "geo service"'),
    "geo service: there is no such role",
  ],
])("names and mends %s", async (_, disturb, line) => {
  await mend(wanted);
  await disturb();
  expect(await readDrift(admin, wanted, expected)).toEqual([line]);
  expect(await mend(wanted)).toEqual([line]);
  expect(await readDrift(admin, wanted, expected)).toEqual([]);
});

it("takes away a password beside the label, also where it cannot be seen", async () => {
  await mend(wanted);
  const hasPassword = async (): Promise<unknown> => {
    const { rows } = await superuser.query<{ has: boolean }>(
      "SELECT rolpassword IS NOT NULL AS has FROM pg_authid WHERE rolname = 'geo service'",
    );
    return rows[0]?.has;
  };
  await superuser.query(`ALTER ROLE "geo service" PASSWORD 'beside'`);
  expect(await readDrift(superuser, wanted, expected)).toEqual([
    "geo service: it has a password beside its token",
  ]);
  // As on Azure: this login may not see passwords.
  expect(await readDrift(admin, wanted, expected)).toEqual([]);
  expect(await hasPassword()).toBe(true);
  await mend(wanted);
  expect(await hasPassword()).toBe(false);
});

it("takes the label from a role that nobody listed, and leaves administrators alone", async () => {
  await mend(wanted);
  await superuser.query("CREATE ROLE eve LOGIN; CREATE ROLE boss LOGIN");
  await relabel("eve", `aadauth,oid=${ids.other},type=user`);
  await relabel("boss", `aadauth,oid=${ids.other},type=user,admin`);
  await relabel("entra_admins", `aadauth,oid=${ids.other},type=group`);
  const line = `eve: it is labelled (aadauth,oid=${ids.other},type=user), and nobody listed it`;
  expect(await readDrift(admin, wanted, expected)).toEqual([line]);
  expect(await mend(wanted)).toEqual([line]);
  expect(Object.keys(await labels())).toEqual([
    "boss",
    "entra_admins",
    "geo service",
    "geo_migrator",
  ]);
  await relabel("boss", null);
  await relabel("entra_admins", null);
});

it("keeps roles, their rights and their objects when they are no principals any more", async () => {
  await mend(wanted);
  await superuser.query('CREATE SCHEMA IF NOT EXISTS kept AUTHORIZATION "geo service"');
  expect(await mend([migrator], [service.role])).toEqual(["geo service: it is no longer listed"]);
  expect(await labels()).toEqual({ geo_migrator: formatLabel(migrator) });
  const { rows } = await superuser.query(
    "SELECT 1 FROM pg_namespace WHERE nspname = 'kept' AND nspowner = 'geo service'::regrole".replace(
      "'geo service'",
      `'"geo service"'`,
    ),
  );
  expect(rows).toHaveLength(1);
  await superuser.query("DROP SCHEMA kept");
});

it("changes all or nothing", async () => {
  await mend(wanted);
  await relabel("geo service", null);
  await relabel("geo_migrator", null);
  const failing: LabelWriter = async (client, role, label) => {
    if (role === migrator.role) throw new Error("could not validate: not found in the tenant");
    await standInLabel(client, role, label);
  };
  await expect(mend(wanted, [], failing)).rejects.toThrow(
    /Nothing was changed\.\n {2}Hint: Correct the objectId/,
  );
  expect(await labels()).toEqual({});
  await mend(wanted);
});

it("says what to do when it is not Azure's server, or no administrator of Entra", async () => {
  await relabel("geo service", null);
  await expect(mend([service], [], securityLabel)).rejects.toThrow(
    /security label provider "pgaadauth" is not loaded[^]*Hint: The server is not Azure's, or Entra authentication is off/,
  );
  await superuser.query("CREATE ROLE plain LOGIN CREATEROLE PASSWORD 'x'");
  const plain = await sessionOf("plain", "x");
  try {
    const attempt = mendPrincipals(
      plain,
      [{ role: "fresh", objectId: ids.other, type: "user" }],
      { expected: [...expected, ...wanted.map(({ role }) => role)], gone: [] },
      standInLabel,
    );
    await expect(attempt).rejects.toThrow(PrincipalError);
    await expect(attempt).rejects.toThrow("Log in with a token of an Entra administrator");
  } finally {
    await plain.end();
  }
});

it("writes the statement that Microsoft documents, each name quoted", async () => {
  const said: string[] = [];
  const client = { query: (text: string) => Promise.resolve(said.push(text)) } as unknown as Client;
  await securityLabel(client, 'a"b', formatLabel(service));
  await securityLabel(client, "x", null);
  expect(said).toEqual([
    `SECURITY LABEL FOR "pgaadauth" ON ROLE "a""b" IS 'aadauth,oid=${ids.service},type=service'`,
    'SECURITY LABEL FOR "pgaadauth" ON ROLE "x" IS NULL',
  ]);
});

describe("the stack's database", () => {
  it("is made as the admin's, and found as it should be", async () => {
    expect(await databaseDrift(admin, "made here", "entra_admins")).toEqual([
      "made here: there is no such database",
    ]);
    await ensureDatabase(admin, "made here", "entra_admins");
    expect(await databaseDrift(admin, "made here", "entra_admins")).toEqual([]);
    await ensureDatabase(admin, "made here", "entra_admins");
  });

  it("is taken over where that may be, and else named with the statement", async () => {
    await superuser.query("CREATE ROLE somebody");
    await superuser.query("CREATE DATABASE theirs OWNER somebody");
    expect(await databaseDrift(admin, "theirs", "entra_admins")).toEqual([
      "theirs: it belongs to somebody, not to entra_admins",
    ]);
    await expect(ensureDatabase(admin, "theirs", "entra_admins")).rejects.toThrow(
      'Have somebody run: ALTER DATABASE "theirs" OWNER TO "entra_admins";',
    );
    await superuser.query("GRANT somebody TO entra_admins");
    await ensureDatabase(admin, "theirs", "entra_admins");
    expect(await databaseDrift(admin, "theirs", "entra_admins")).toEqual([]);
  });
});
