/**
 * Works out from the rules and from who owns what which privileges each role should have on each object there is.
 * Does NOT read access control lists, nor share a line with roles/database/catalog.ts or roles/compare/acl.ts, which it is there to check.
 */
import type { Client } from "pg";

import { privilegeRules } from "../../../roles/privileges";
import { type Party, type Place, type PrivilegeRule } from "../../../roles/vocabulary";
import type { Settings } from "../../../stack/settings";
import type { ProgramDatabase } from "../servers/programDatabase";
import {
  heldPrivileges,
  knownPrivileges,
  type LiveObject,
  liveObjects,
  privilegeLine,
  withGrantOption,
} from "./heldPrivileges";

/** Where an object is, in the words of the rules; null: no rule speaks of it. */
function placeOf({ kind, schema, name }: LiveObject, schemas: readonly string[]): Place | null {
  if (kind === "database") return "database";
  if (kind === "schema" && name === "public") return "public";
  if (schema === null) return null;
  if (schemas.includes(schema)) return "governed";
  if (schema !== "public") return null;
  if (/^public\.schema_migrations(_id_seq|\..*)?$/.test(name)) return "ledger";
  if (/^public\.schema_migration_events(_id_seq|\..*)?$/.test(name)) return "events";
  return /^public\.schema_migration_lock(\..*)?$/.test(name) ? "runner lock" : null;
}

/** What PostgreSQL lets everybody do with an object that no rule speaks of. */
function givenToAll(kind: string): readonly string[] {
  if (kind === "function" || kind === "procedure" || kind === "constructor") return ["EXECUTE"];
  // Of a language that is not trusted too, where it is of no use to who is no superuser.
  return kind === "type" || kind === "language" ? ["USAGE"] : [];
}

/** What a role is in the words of the rules, besides being one of PUBLIC. */
function partiesOf(role: string, { roles }: Settings): readonly Party[] {
  return [
    ...(role === roles.service ? (["service"] as const) : []),
    ...(role === roles.infrastructure ? (["infrastructure"] as const) : []),
    ...(roles.migrators.includes(role) ? (["migrator"] as const) : []),
    ...(roles.approvers.includes(role) ? (["approver"] as const) : []),
    "public",
  ];
}

/** Privileges of a table hold for each of its columns. */
const onColumns = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];

/** What a rule gives on an object. */
function given(rule: PrivilegeRule, object: LiveObject, relationKind: string): readonly string[] {
  const kinds: readonly string[] = rule.on;
  if (object.kind !== "column") return kinds.includes(object.kind) ? rule.privileges : [];
  const columns = rule.columns ?? [];
  return [
    ...(kinds.includes("column") && columns.includes(object.column ?? "") ? rule.privileges : []),
    ...(kinds.includes(relationKind) ? rule.privileges.filter((p) => onColumns.includes(p)) : []),
  ];
}

/** What should be, and what is: lines by role. */
export interface Opinions {
  readonly expected: ReadonlyMap<string, readonly string[]>;
  readonly held: ReadonlyMap<string, readonly string[]>;
  /** How many answers were compared. */
  readonly cells: number;
}

/** Asks the server and the rules about every role given, on every object outside of the system's own schemas. */
export async function opinions(
  client: Client,
  {
    settings,
    server,
  }: { readonly settings: Settings; readonly server: { readonly major: number } },
  roles: readonly string[],
): Promise<Opinions> {
  const { rows: spaces } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  );
  const objects = await liveObjects(
    client,
    spaces.map(({ name }) => name),
  );
  const kindOf = new Map(
    objects.filter(({ kind }) => isRelation(kind)).map(({ oid, kind }) => [oid, kind]),
  );
  const { admin, infrastructure } = settings.roles;
  const expected = new Map<string, readonly string[]>();
  for (const role of roles) {
    // The admin has at once what the infrastructure role has, and what whoever owns the database has.
    const selves = role === admin ? [admin, infrastructure, "pg_database_owner"] : [role];
    const parties = selves.flatMap((self) => partiesOf(self, settings));
    const lines = objects.flatMap((object) => {
      const { kind, owner } = object;
      if (selves.includes(owner)) {
        return knownPrivileges(kind, server.major)
          .flatMap(withGrantOption)
          .map((privilege) => privilegeLine(privilege, object));
      }
      // The constructors of a range type are the bootstrap superuser's, and everybody's to call.
      const place = kind === "constructor" ? null : placeOf(object, settings.schemas);
      const privileges =
        place === null
          ? givenToAll(kind)
          : privilegeRules
              .filter((rule) => rule.where === place && parties.includes(rule.to))
              .flatMap((rule) => given(rule, object, kindOf.get(object.oid) ?? ""));
      return [...new Set(privileges)].map((privilege) => privilegeLine(privilege, object));
    });
    expected.set(role, lines.sort());
  }
  const held = await heldPrivileges(client, roles, objects, server.major);
  const cells = objects.reduce(
    (sum, { kind }) => sum + 2 * knownPrivileges(kind, server.major).length,
    0,
  );
  return { expected, held, cells: cells * roles.length };
}

const isRelation = (kind: string): boolean =>
  ["table", "partitioned table", "foreign table", "view", "materialized view"].includes(kind);

/** Where rules and server do not agree: `missing` or `too much`, role, privilege and object. Empty: on every cell. */
export function disagreements({ expected, held }: Opinions): readonly string[] {
  return [...expected].flatMap(([role, wanted]) => {
    const has = held.get(role) ?? [];
    const [wantedSet, hasSet] = [new Set(wanted), new Set(has)];
    return [
      ...wanted.filter((line) => !hasSet.has(line)).map((line) => `missing: ${role}: ${line}`),
      ...has.filter((line) => !wantedSet.has(line)).map((line) => `too much: ${role}: ${line}`),
    ];
  });
}

/** All roles that are neither superusers nor PostgreSQL's own. */
export async function ordinaryRoles(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT rolname AS name FROM pg_roles WHERE NOT rolsuper AND rolname !~ '^pg_' ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

/** Where rules and server do not agree about a database; about some roles, or all. */
export async function disagreementsIn(
  database: ProgramDatabase,
  major: number,
  roles?: readonly string[],
): Promise<readonly string[]> {
  return database.asAdmin(async (client) =>
    disagreements(
      await opinions(
        client,
        { settings: database.settings, server: { major } },
        roles ?? (await ordinaryRoles(client)),
      ),
    ),
  );
}
