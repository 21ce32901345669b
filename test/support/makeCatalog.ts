/**
 * A catalog in memory for tests of the comparison: objects that are as the rules say, of which a test changes some, and
 * a tiny simulator of GRANT and REVOKE. Pure. Does NOT know delegates: every grant is the owner's.
 */
import type { AclContext, AclEntry, Catalog, CatalogObject } from "../../roles/acl";
import { type ObjectKind, type Place, privilegeRules } from "../../roles/privileges";

const quote = (name: string): string => `"${name}"`;

export const context: AclContext = {
  rules: privilegeRules,
  parties: {
    service: ["service"],
    infrastructure: ["infra"],
    migrator: ["ada", "bob"],
    approver: ["eve"],
  },
  admin: "admin",
  serviceSettings: ["lock_timeout=5000"],
  quote,
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

const realNames: Readonly<Record<string, readonly (string | null)[]>> = {
  ...context.parties,
  public: [null],
};

/** What the rules give on an object, spelled out rule by rule. */
export function rightAcl(kind: ObjectKind, place: Place, column: string | null): AclEntry[] {
  return privilegeRules
    .filter((rule) => rule.where === place && rule.on.includes(kind))
    .filter((rule) => kind !== "column" || rule.columns?.includes(column ?? "") === true)
    .flatMap(({ to, privileges }) =>
      (realNames[to] ?? []).flatMap((grantee) =>
        privileges.map((privilege) => ({ grantee, privilege, grantable: false })),
      ),
    );
}

/** One of `places` as the rules say, or with another list of privileges or owner. */
export function makeObject(
  [kind, place, identity, column]: (typeof places)[number],
  overrides: Partial<CatalogObject> = {},
): CatalogObject {
  const owner = place === "governed" ? "infra" : "admin";
  const acl = rightAcl(kind, place, column);
  return { kind, place, identity, column, owner, follows: false, acl, ...overrides };
}

/** A catalog as the rules say, or with some of it changed. */
export function makeCatalog(overrides: Partial<Catalog> = {}): Catalog {
  return {
    objects: places.map((place) => makeObject(place)),
    defaults: [],
    memberships: context.parties.migrator.map((member) => ({
      member,
      role: "infra",
      grantable: false,
      inherits: false,
    })),
    settings: [{ role: "service", setting: "lock_timeout=5000" }],
    ...overrides,
  };
}

const form =
  /^(?<verb>GRANT|REVOKE)(?<option> GRANT OPTION FOR)? (?<list>.+) ON (?<target>.+) (?:TO|FROM) (?<who>PUBLIC|"[^"]+")(?: CASCADE)?$/;

/** The list of privileges after a statement on it; throws when the statement is not a GRANT or REVOKE. */
export function afterStatement(acl: readonly AclEntry[], statement: string): readonly AclEntry[] {
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
  return [...acl, ...named.map((privilege) => ({ grantee, privilege, grantable: false }))];
}
