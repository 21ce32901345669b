/**
 * Nothing missing, nothing more: for every object of the database, every privilege its kind knows and every party, the
 * server's own answer equals what the policy says. The policy is written here a second time, in words of its own.
 */
import {
  heldPrivileges,
  knownPrivileges,
  type LiveObject,
  liveObjects,
  privilegeLine,
  withGrantOption,
} from "../../support/privileges/heldPrivileges";
import { addForeignTable, addSampleObjects } from "../../support/privileges/sampleObjects";
import type { Login, ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const written = [
  "kind",
  "version",
  "run",
  "segment",
  "checksum",
  "rollback_checksum",
  "ticket",
  "detail",
];

/** What PUBLIC may do, and so everybody: name things of public, use types and make values of range types. */
function forEverybody({ kind, name }: LiveObject): readonly string[] {
  if (kind === "constructor") return ["EXECUTE"];
  return (kind === "schema" && name === "public") || kind === "type" ? ["USAGE"] : [];
}

const rows = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const ofService: Readonly<Record<string, readonly string[]>> = {
  database: ["CONNECT", "TEMPORARY"],
  schema: ["USAGE"],
  table: rows,
  "partitioned table": rows,
  "foreign table": rows,
  view: rows,
  "materialized view": ["SELECT"],
  sequence: ["USAGE"],
  function: ["EXECUTE"],
  constructor: ["EXECUTE"],
  procedure: ["EXECUTE"],
  type: ["USAGE"],
};

function forService(object: LiveObject): readonly string[] {
  const { kind, name } = object;
  if (kind === "column") {
    if (name.startsWith("public.")) return [];
    return name.includes(".item_count.") ? ["SELECT"] : ["SELECT", "INSERT", "UPDATE"];
  }
  if (name.startsWith("public.")) return [];
  return ofService[kind] ?? [];
}

function forInfrastructure(object: LiveObject, major: number): readonly string[] {
  const { kind, name } = object;
  if (kind === "database") return [];
  if (name === "public") return ["USAGE"];
  if (kind === "constructor") return ["EXECUTE"];
  if (!name.startsWith("public.")) {
    // It owns what is governed: every privilege, and the right to pass each on.
    return knownPrivileges(kind, major).flatMap(withGrantOption);
  }
  const [, table = "", column = ""] = name.split(".");
  if (table === "schema_migrations_id_seq") return ["USAGE"];
  if (table === "schema_migrations") return ["SELECT", "INSERT", "UPDATE"];
  if (table === "schema_migration_lock") return ["UPDATE"];
  if (table !== "schema_migration_events") return [];
  return kind === "column" && written.includes(column) ? ["SELECT", "INSERT"] : ["SELECT"];
}

/** Reads ledger and events, and says of an event what a decision needs. */
function forApprover(object: LiveObject): readonly string[] {
  const { kind, name } = object;
  if (kind === "database") return ["CONNECT"];
  const [schema, table = "", column = ""] = name.split(".");
  const isRead = table === "schema_migrations" || table === "schema_migration_events";
  if (schema !== "public" || !isRead) return forEverybody(object);
  const said = ["kind", "version", "checksum", "rollback_checksum", "ticket", "detail"];
  return table === "schema_migration_events" && said.includes(column)
    ? ["SELECT", "INSERT"]
    : ["SELECT"];
}

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let objects: readonly LiveObject[];

  beforeAll(async () => {
    database = await suite.database();
    await addSampleObjects(database);
    await addForeignTable(database);
    const { left } = await database.heal();
    expect(left).toEqual([]);
    const all = await database.asAdmin((client) =>
      liveObjects(client, [...database.settings.schemas, "public"]),
    );
    // Of the program's tables and of the governed objects; all the rest is in oracle.test.ts.
    const spokenOf = [...Object.keys(ofService), "column"];
    objects = all.filter(({ kind }) => spokenOf.includes(kind));
  });

  const held = async (role: string): Promise<readonly string[] | undefined> =>
    (await database.asAdmin((client) => heldPrivileges(client, [role], objects, major))).get(role);
  const said = (by: (object: LiveObject) => readonly string[]): readonly string[] =>
    objects.flatMap((one) => by(one).map((privilege) => privilegeLine(privilege, one))).sort();

  it("there is an object of every kind that privileges can be given on", () => {
    const kinds = new Set(objects.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([...Object.keys(ofService), "column"].sort());
  });

  it.each<readonly [Login, (object: LiveObject) => readonly string[]]>([
    ["service", forService],
    ["migrator", (one) => (one.kind === "database" ? ["CONNECT"] : forEverybody(one))],
    ["approver", forApprover],
    ["outsider", forEverybody],
    ["delegate", forEverybody],
  ])("the login %s may do what the policy says on every object, and no more", async (login, by) => {
    expect(await held(database.names[login])).toEqual(said(by));
  });

  it("the infrastructure role may do what the policy says on every object, and no more", async () => {
    expect(await held(database.settings.roles.infrastructure)).toEqual(
      said((object) => forInfrastructure(object, major)),
    );
  });

  it("a role that is made later has what PUBLIC has, and no more", async () => {
    await database.rows(`CREATE ROLE latecomer_${major}`);
    expect(await held(`latecomer_${major}`)).toEqual(said(forEverybody));
  });

  it("no role of ours has an attribute that goes beyond its privileges", async () => {
    const { service, infrastructure, migrators, approvers } = database.settings.roles;
    expect(
      await database.rows(
        `SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)
            AND (rolsuper OR rolinherit OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)`,
        [[service, infrastructure, ...migrators, ...approvers]],
      ),
    ).toEqual([]);
  });
});
