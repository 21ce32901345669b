/**
 * A catalog in memory for tests of the comparison: objects that are as the rules say, of which a test changes some, and
 * a tiny simulator of GRANT and REVOKE. Pure. Does NOT know delegates: every grant is the owner's.
 */
import type { AclContext, AclEntry, Catalog, CatalogObject, LiveRole } from "../../../roles/model";
import { objectKinds } from "../../../roles/objectKinds";
import { privilegeRules } from "../../../roles/privileges";
import { type ObjectKind, type Place } from "../../../roles/vocabulary";

const quote = (name: string): string => `"${name}"`;

export const context: AclContext = {
  rules: privilegeRules,
  parties: {
    service: ["service"],
    infrastructure: ["infra"],
    migrator: ["ada", "bob"],
    approver: ["eve"],
    reader: ["tiles"],
    auditor: ["looker"],
    monitoring: ["watcher"],
    dba: ["dora"],
    "pgstac admin": ["pgstac_admin"],
    "pgstac ingest": ["pgstac_ingest"],
    "pgstac read": ["pgstac_read"],
  },
  schemasOf: new Map([["tiles", ["geoapi"]]]),
  schemas: ["dagapp", "geoapi", "pgstac"],
  admin: "admin",
  database: "geo",
  platform: ["keeper"],
  connectionLimits: new Map([
    ["service", 50],
    ["infra", -1],
    ["ada", -1],
    ["bob", -1],
    ["tiles", -1],
  ]),
  logins: new Map([["tiles", true]]),
  settingsOf: new Map([
    [
      "service",
      [
        { name: "search_path", value: ["dagapp", "public"] },
        { name: "lock_timeout", value: "5000" },
      ],
    ],
    ["infra", []],
    ["ada", []],
  ]),
  settingsHere: new Map(),
  quote,
  pgstac: null,
  definers: [],
  tiles: [],
};

/** Kinds and places that the catalog query can return, each with its identity. */
export const places: readonly (readonly [ObjectKind, Place, string, string | null])[] = [
  ["database", "database", "geo", null],
  ["schema", "governed", "dagapp", null],
  ["schema", "public", "public", null],
  ["table", "governed", "dagapp.item", null],
  ["partitioned table", "governed", "dagapp.measure", null],
  ["foreign table", "governed", "dagapp.remote", null],
  ["view", "governed", "dagapp.item_view", null],
  ["materialized view", "governed", "dagapp.item_count", null],
  ["column", "governed", "dagapp.item", "note"],
  ["sequence", "governed", "dagapp.ticket", null],
  ["function", "governed", "dagapp.twice(integer)", null],
  ["procedure", "governed", "dagapp.annotate(text)", null],
  ["type", "governed", "dagapp.mood", null],
  ["table", "ledger", "public.schema_migrations", null],
  ["sequence", "ledger", "public.schema_migrations_id_seq", null],
  ["table", "events", "public.schema_migration_events", null],
  ["column", "events", "public.schema_migration_events", "kind"],
  ["column", "events", "public.schema_migration_events", "login"],
  ["table", "runner lock", "public.schema_migration_lock", null],
];

/** Schema of an identity; a schema is in itself, a database in none. */
function schemaOf(kind: ObjectKind, identity: string): string | null {
  return kind === "database" ? null : (identity.split(".")[0] ?? null);
}

const ownerOf = (place: Place): string => (place === "governed" ? "infra" : "admin");

const realNames: Readonly<Record<string, readonly (string | null)[]>> = {
  ...context.parties,
  public: [null],
};

/** What an owner has on its own, as acldefault says; shortened. */
const ownerPrivileges: Readonly<Record<string, readonly string[]>> = {
  d: ["CREATE", "TEMPORARY", "CONNECT"],
  n: ["USAGE", "CREATE"],
  r: ["INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE"],
  s: ["SELECT", "UPDATE", "USAGE"],
  f: ["EXECUTE"],
  T: ["USAGE"],
};

/** What the rules give on an object, spelled out rule by rule, and what its owner has. */
function rightAcl(
  kind: ObjectKind,
  place: Place,
  identity: string,
  column: string | null,
): AclEntry[] {
  const grantor = ownerOf(place);
  const schema = schemaOf(kind, identity);
  const owns = kind === "column" ? [] : (ownerPrivileges[objectKinds[kind].code] ?? []);
  const own = owns.map((privilege) => ({ grantee: grantor, privilege, grantable: false, grantor }));
  const given = privilegeRules
    .filter((rule) => rule.where === place && rule.on.includes(kind) && rule.optional !== true)
    .filter((rule) => kind !== "column" || rule.columns?.includes(column ?? "") === true)
    .flatMap(({ to, privileges }) =>
      (realNames[to] ?? []).flatMap((grantee) =>
        privileges.map((privilege) => ({ grantee, privilege, grantable: false, grantor })),
      ),
    )
    .filter(({ grantee }) => {
      const confined = place === "governed" ? context.schemasOf.get(grantee ?? "") : undefined;
      return confined === undefined || confined.includes(schema ?? "");
    });
  return [...own, ...given];
}

/** One of `places` as the rules say, or with another list of privileges or owner. */
export function makeObject(
  [kind, place, identity, column]: (typeof places)[number],
  overrides: Partial<CatalogObject> = {},
): CatalogObject {
  const owner = ownerOf(place);
  const acl = rightAcl(kind, place, identity, column);
  const schema = schemaOf(kind, identity);
  const rest = { column, owner, follows: false, readOnly: kind === "function", acl, initial: [] };
  return { kind, place, schema, identity, ...rest, ...overrides };
}

/** A role without any attribute, or with some. */
export function makeRole(name: string, overrides: Partial<LiveRole> = {}): LiveRole {
  return {
    name,
    bootstrap: false,
    superuser: false,
    inherit: false,
    createRole: false,
    createDatabase: false,
    login: true,
    replication: false,
    bypassRowSecurity: false,
    connectionLimit: -1,
    validUntil: null,
    connects: false,
    ownsDatabase: false,
    usable: false,
    ...overrides,
  };
}

/** The roles of `context` as their rules say, and a superuser and a stranger. */
const rightRoles: readonly LiveRole[] = [
  makeRole("service", { connectionLimit: 50 }),
  makeRole("infra", { login: false }),
  makeRole("ada"),
  makeRole("bob"),
  makeRole("watcher", { inherit: true }),
  makeRole("admin", {
    ...{ inherit: true, createRole: true, createDatabase: true, ownsDatabase: true },
  }),
  makeRole("postgres", { superuser: true, bootstrap: true }),
  makeRole("stranger", { inherit: true }),
  makeRole("guest", { inherit: true, connects: true }),
];

/** A catalog as the rules say, or with some of it changed. */
export function makeCatalog(overrides: Partial<Catalog> = {}): Catalog {
  return {
    major: 18,
    roles: rightRoles,
    objects: places.map((place) => makeObject(place)),
    owned: [],
    defaults: [],
    memberships: [
      ...context.parties.migrator.map((member) => ({ member, role: "infra", inherits: false })),
      { member: "watcher", role: "pg_monitor", inherits: true },
      { member: "admin", role: "infra", inherits: true },
    ].map((one) => ({ ...one, grantor: "admin", grantable: false, sets: true })),
    settings: [
      { role: "service", here: false, setting: "search_path=dagapp, public" },
      { role: "service", here: false, setting: "lock_timeout=5000" },
    ],
    bypasses: [],
    policies: [],
    ownerPrivileges,
    ...overrides,
  };
}

const form =
  /^(?<verb>GRANT|REVOKE)(?<option> GRANT OPTION FOR)? (?<list>.+) ON (?<target>.+) (?:TO|FROM) (?<who>PUBLIC|"[^"]+")(?: CASCADE)?$/;

/** The list of privileges after the owner's statement on it; throws when that is not a GRANT or REVOKE. */
export function afterStatement(
  acl: readonly AclEntry[],
  statement: string,
  grantor: string,
): readonly AclEntry[] {
  // Whoever runs it, it is the owner's: what is simulated has no other.
  if (/^(SET|RESET) ROLE\b/.test(statement)) return acl;
  const { verb, option, list = "", who = "" } = form.exec(statement)?.groups ?? {};
  if (verb === undefined) throw new Error(`not a GRANT or REVOKE: ${statement}`);
  const grantee = who === "PUBLIC" ? null : who.slice(1, -1);
  const named = list.split(", ").map((privilege) => privilege.replace(/ \(.*\)$/, ""));
  const isMeant = (entry: AclEntry): boolean =>
    entry.grantee === grantee && named.includes(entry.privilege);
  if (option !== undefined) {
    return acl.map((entry) => (isMeant(entry) ? { ...entry, grantable: false } : entry));
  }
  if (verb === "REVOKE") return acl.filter((entry) => !isMeant(entry));
  return [...acl, ...named.map((privilege) => ({ grantee, privilege, grantable: false, grantor }))];
}
