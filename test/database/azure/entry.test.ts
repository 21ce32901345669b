// What the provider process does for the server's own resources: check, diff, create, update, read, delete, against a real
// PostgreSQL with stand-ins for Azure's functions. Labels are written through the stand-in.
import { Client } from "pg";

import * as entry from "../../../azure/entry";
import { admitTo, makeStandIns } from "../../support/azure/standInFunctions";
import { configOf, wellFormed } from "../../support/program/makeSettings";
import { useServer } from "../../support/servers/useServer";

jest.mock("../../../azure/database/principals", () => {
  const real = jest.requireActual<typeof import("../../../azure/database/principals")>(
    "../../../azure/database/principals",
  );
  const { standInLabel } = jest.requireActual<
    typeof import("../../support/azure/standInFunctions")
  >("../../support/azure/standInFunctions");
  const mendPrincipals: typeof real.mendPrincipals = (client, wanted, others) =>
    real.mendPrincipals(client, wanted, others, standInLabel);
  return { ...real, mendPrincipals };
});
jest.setTimeout(300_000);

const objectId = "aaaaaaaa-0000-0000-0000-000000000001";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const suite = useServer();
let superuser: Client;

beforeAll(async () => {
  const { host, port } = suite.server;
  const { name: user, password } = suite.server.superuser;
  superuser = new Client({ host, port, user, password, database: "postgres", ssl: false });
  await superuser.connect();
  suite.endLater(() => superuser.end());
  await makeStandIns(superuser);
  await superuser.query("CREATE ROLE geo_admin LOGIN CREATEROLE CREATEDB PASSWORD 'x'");
  await superuser.query(admitTo("geo_admin"));
  await entry.configure({
    config: configOf({ ...wellFormed, port: String(port), adminPassword: "x" }),
  });
});

const given = { principals: [{ role: "app", objectId, type: "service" }], expected: ["geo_admin"] };
const { principals, databases, restarts } = entry;
const inputsOf = async (olds: object, news: object): Promise<Record<string, unknown>> => {
  const answer = await principals.check({ ...olds }, { ...news });
  return answer.inputs as unknown as Record<string, unknown>;
};

it("makes, finds unchanged, notices and mends, and takes away principals", async () => {
  const first = await inputsOf({}, given);
  expect(first["drift"]).toEqual(["app: there is no such role"]);
  const made = await principals.create(first);
  expect(made).toEqual({ id: "principals", outs: { ...given, drift: [] } });

  const same = await inputsOf(made.outs, given);
  expect(principals.diff({ ...made.outs }, same)).toEqual({ changes: false });

  await superuser.query("ALTER ROLE app NOLOGIN");
  const disturbed = await inputsOf(made.outs, given);
  expect(disturbed["drift"]).toEqual(["app: it may not log in"]);
  expect(principals.diff({ ...made.outs }, disturbed)).toEqual({ changes: true });
  const read = await principals.read("principals", { ...made.outs });
  expect(read.props["drift"]).toEqual(["app: it may not log in"]);
  const mended = await principals.update({ ...made.outs }, disturbed);
  expect(mended.outs.drift).toEqual([]);

  const fewer = await inputsOf(mended.outs, { ...given, principals: [] });
  expect(principals.diff({ ...mended.outs }, fewer)).toEqual({ changes: true });
  await principals.update({ ...mended.outs }, fewer);
  expect(await labelled()).toEqual([]);

  await principals.create(await inputsOf({}, given));
  expect(await labelled()).toEqual(["app"]);
  await principals.delete({ ...given });
  expect(await labelled()).toEqual([]);
});

const labelled = async (): Promise<readonly string[]> => {
  const { rows } = await superuser.query<{ name: string }>(
    "SELECT objoid::REGROLE::TEXT AS name FROM pg_shseclabel ORDER BY 1",
  );
  return rows.map(({ name }) => name);
};

it("says nothing of an identity that this very run makes", async () => {
  const news = { ...given, principals: [{ role: "app", objectId: unknown, type: "service" }] };
  expect((await inputsOf({}, news))["drift"]).toEqual(["an object id is known only after up"]);
});

it("makes the database, and never drops it", async () => {
  const inputs = { database: "geo", owner: "geo_admin" };
  const first = await databases.check({}, inputs);
  expect(first.inputs?.drift).toEqual(["geo: there is no such database"]);
  expect(await databases.create({ ...first.inputs })).toEqual({
    id: "geo",
    outs: { ...inputs, drift: [] },
  });
  const second = await databases.check(inputs, inputs);
  expect(databases.diff(inputs, { ...second.inputs })).toEqual({ changes: false, replaces: [] });
  expect(databases.diff(inputs, { ...inputs, database: "other" })).toEqual({
    changes: true,
    replaces: ["database"],
  });
  expect(databases).not.toHaveProperty("delete");
  expect((await databases.read("geo", inputs)).props.drift).toEqual([]);
});

it("restarts only when a static parameter changed", () => {
  const olds = { serverId: "/s", parameters: ["shared_preload_libraries=a"] };
  expect(restarts.diff(olds, { ...olds, serverId: unknown })).toEqual({ changes: false });
  expect(restarts.diff(olds, { ...olds, parameters: ["shared_preload_libraries=a,b"] })).toEqual({
    changes: true,
  });
});

it("goes on without a look where there is no server yet, and fails where there was one", async () => {
  await entry.configure({
    config: configOf({ ...wellFormed, port: "1", adminPassword: "x" }),
  });
  expect((await inputsOf({}, given))["drift"]).toEqual(["the server could not be looked at"]);
  const old = { ...given };
  expect(await principals.check(old, { ...given })).toEqual({
    failures: [
      { property: "drift", reason: expect.stringContaining("No server listens") as string },
    ],
  });
  expect(await databases.check({}, { database: "geo", owner: "geo_admin" })).toMatchObject({
    inputs: { drift: ["the server could not be looked at"] },
  });
});
