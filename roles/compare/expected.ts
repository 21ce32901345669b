/**
 * What the rules give on one object, by real names, and how a list of privileges differs from it. Pure.
 * Does NOT know which object is where, or how a difference is mended.
 */
import { mayExecute, mayWrite, type PgstacAccess } from "../../pgstac/hardening/access";
import { pgstacSchema, versionsTable } from "../../pgstac/hardening/versions";
import type { AclContext, AclEntry, CatalogObject } from "../model";
import type { Privilege, PrivilegeRule } from "../vocabulary";

/** Key of PUBLIC among grantees: role names cannot be empty. */
export const publicKey = "";

/** Privileges by grantee. */
export type Held = ReadonlyMap<string, ReadonlySet<string>>;

export interface Expected {
  readonly wanted: Held;
  /** May be there and need not. */
  readonly allowed: Held;
}

/** The part of an object that decides what is expected on it. */
export type Spot = Pick<CatalogObject, "kind" | "place" | "schema" | "column" | "readOnly"> &
  /** Absent: of objects that are yet to be made. */
  Partial<Pick<CatalogObject, "identity">>;

function add(held: Map<string, Set<string>>, grantee: string, privileges: readonly string[]): void {
  const set = held.get(grantee) ?? new Set();
  privileges.forEach((privilege) => set.add(privilege));
  held.set(grantee, set);
}

const isRoutine = (kind: Spot["kind"]): boolean => kind === "function" || kind === "procedure";

/** What of a rule holds on one object of PgSTAC's: parts of it are kept from those who use the rest. */
function narrowed(
  { to, privileges }: PrivilegeRule,
  { kind, identity }: Spot,
  access: PgstacAccess,
): readonly Privilege[] {
  if (identity === undefined || (to !== "service" && to !== "reader")) return privileges;
  if (isRoutine(kind)) return mayExecute(access, to, identity) ? privileges : [];
  const isRows = ["table", "partitioned table", "foreign table", "view"].includes(kind);
  return isRows && !mayWrite(access, identity)
    ? privileges.filter((p) => p === "SELECT")
    : privileges;
}

/** Which grantee should, and which may, hold which privileges on an object. */
export function expectedOn(context: AclContext, spot: Spot): Expected {
  const { kind, place, schema, column, readOnly } = spot;
  const access = place === "governed" && schema === pgstacSchema ? context.pgstac : null;
  const wanted = new Map<string, Set<string>>();
  const allowed = new Map<string, Set<string>>();
  for (const rule of context.rules) {
    if (rule.where !== place || !rule.on.includes(kind)) continue;
    if (rule.schema !== undefined && rule.schema !== schema) continue;
    // Of PgSTAC's, what runs with the caller's own rights will do: its searches are all declared VOLATILE.
    const isKnown = access !== null && spot.identity !== undefined;
    if (rule.readOnly === true && !readOnly && !isKnown) continue;
    if (kind === "column" && (column === null || rule.columns?.includes(column) !== true)) continue;
    const privileges = access === null ? rule.privileges : narrowed(rule, spot, access);
    if (privileges.length === 0) continue;
    const grantees = rule.to === "public" ? [publicKey] : context.parties[rule.to];
    for (const grantee of grantees) {
      const confined = place === "governed" ? context.schemasOf.get(grantee) : undefined;
      if (confined !== undefined && !confined.includes(schema ?? "")) continue;
      add(rule.optional === true ? allowed : wanted, grantee, privileges);
    }
  }
  if (access !== null && spot.identity === versionsTable) {
    for (const name of context.parties.infrastructure) add(wanted, name, ["SELECT"]);
  }
  // PgSTAC's xyzsearch and geojsonsearch keep what they have found in a temporary table.
  if (kind === "database") for (const name of context.tiles) add(wanted, name, ["TEMPORARY"]);
  return { wanted, allowed };
}

/** A list of privileges as a map; who passes them on does not count. */
export function heldIn(acl: readonly AclEntry[]): Held {
  const held = new Map<string, Set<string>>();
  for (const { grantee, privilege } of acl) add(held, grantee ?? publicKey, [privilege]);
  return held;
}

/** A privilege by who gave it: null is the owner. */
export interface Given {
  readonly privilege: string;
  readonly grantor: string | null;
}

/** How one grantee's privileges on one object differ. */
export interface Difference {
  readonly grantee: string;
  readonly missing: readonly string[];
  /** Privileges that are too many. */
  readonly unexpected: readonly Given[];
  /** Privileges held with the right to pass them on, which nobody should have. */
  readonly grantable: readonly Given[];
}

/**
 * Differences per grantee. What somebody else than the owner gave does not count as held: it goes with whoever gave it.
 *
 * @param owner  Holds everything by being the owner, and is left out; null judges it as everybody else.
 */
export function compare(
  { wanted, allowed }: Expected,
  acl: readonly AclEntry[],
  grantor: string,
  owner: string | null = grantor,
): readonly Difference[] {
  const grantees = new Set([...wanted.keys(), ...acl.map((entry) => entry.grantee ?? publicKey)]);
  const none: ReadonlySet<string> = new Set();
  return [...grantees]
    .filter((grantee) => grantee !== owner)
    .map((grantee): Difference => {
      const [should, may] = [wanted.get(grantee) ?? none, allowed.get(grantee) ?? none];
      const held = acl.filter((entry) => (entry.grantee ?? publicKey) === grantee);
      const has = new Set(held.filter((e) => e.grantor === grantor).map((e) => e.privilege));
      const expects = (privilege: string): boolean => should.has(privilege) || may.has(privilege);
      const givenBy = (entry: AclEntry): Given => ({
        privilege: entry.privilege,
        grantor: entry.grantor === grantor ? null : entry.grantor,
      });
      return {
        grantee,
        missing: [...should].filter((privilege) => !has.has(privilege)),
        unexpected: held.filter((entry) => !expects(entry.privilege)).map(givenBy),
        grantable: held.filter((entry) => entry.grantable && expects(entry.privilege)).map(givenBy),
      };
    })
    .filter((d) => d.missing.length + d.unexpected.length + d.grantable.length > 0);
}
