/**
 * Who can do what in a database, as a table: what every role holds, from the live catalog, with equal objects counted
 * together. Pure. Does NOT judge (acl.ts) or read (catalog.ts).
 */
import type {
  AclContext,
  Catalog,
  CatalogObject,
  Deviation,
  Inspection,
  LiveRole,
  RoleSetting,
} from "../model";
import { remarksOn } from "./remarks";
import { roleKindsOf } from "./roleKind";

/** What one role holds on objects of one kind in one place. */
export interface MatrixRow {
  /** `PUBLIC` is everybody. */
  readonly role: string;
  /** Its party, `trusted`, `stranger`, or `everybody`. */
  readonly party: string;
  /** `OWNER` is every privilege, and ALTER and DROP. With `*`: may pass it on. */
  readonly privileges: readonly string[];
  readonly kind: string;
  /** A schema, or where there is only one such object the object. */
  readonly place: string;
  /** How many objects (columns) it is. */
  readonly objects: number;
}

/** A role that appears in the table. */
interface MatrixRole {
  readonly name: string;
  readonly party: string;
  /** In the words of CREATE ROLE. */
  readonly attributes: readonly string[];
  readonly memberOf: readonly string[];
}

/** Defaults that new objects of a creator are born with. */
interface MatrixDefault {
  readonly creator: string;
  /** Null: anywhere. */
  readonly schema: string | null;
  /** Letter of pg_default_acl: r, S, f, T, n, L. */
  readonly kind: string;
  readonly role: string;
  readonly privileges: readonly string[];
}

/** The whole: for a person, a program or an auditor. */
export interface PrivilegeMatrix {
  /** Rises when a field changes its meaning or goes. */
  readonly schemaVersion: 1;
  readonly database: string;
  readonly postgresql: number;
  readonly roles: readonly MatrixRole[];
  readonly rows: readonly MatrixRow[];
  readonly defaults: readonly MatrixDefault[];
  /** Stored with the database (role null) and with the roles that are shown, as the server has them. */
  readonly settings: readonly RoleSetting[];
  readonly drift: readonly Pick<Deviation, "text" | "statements">[];
  readonly remarks: readonly string[];
}

const placeOf = ({ place, schema, identity, kind }: CatalogObject): string =>
  place === "governed" && schema !== null && kind !== "schema" ? schema : identity;

/** Privileges of one list by who holds them. */
function byGrantee(acl: CatalogObject["acl"]): ReadonlyMap<string | null, readonly string[]> {
  const held = new Map<string | null, Set<string>>();
  for (const { grantee, privilege, grantable } of acl) {
    const set = held.get(grantee) ?? new Set();
    held.set(grantee, set.add(grantable ? `${privilege}*` : privilege));
  }
  return new Map([...held].map(([grantee, set]) => [grantee, [...set].sort()]));
}

function rowsOf(context: AclContext, catalog: Catalog): readonly MatrixRow[] {
  const who = roleKindsOf(context, catalog);
  const rows = new Map<string, { row: MatrixRow; objects: number }>();
  const count = (
    role: string,
    party: string,
    privileges: readonly string[],
    one: CatalogObject,
  ) => {
    const place = placeOf(one);
    const key = JSON.stringify([role, privileges, one.kind, place]);
    const known = rows.get(key);
    const row = { role, party, privileges, kind: one.kind, place, objects: 0 };
    rows.set(key, { row, objects: (known?.objects ?? 0) + 1 });
  };
  for (const object of catalog.objects) {
    const { owner, acl, kind, place } = object;
    if (kind !== "column" && place !== "elsewhere") count(owner, who.of(owner), ["OWNER"], object);
    for (const [grantee, privileges] of byGrantee(acl)) {
      if (grantee === owner) continue;
      if (grantee === null) count("PUBLIC", "everybody", privileges, object);
      else count(grantee, who.of(grantee), privileges, object);
    }
  }
  return [...rows.values()].map(({ row, objects }) => ({ ...row, objects }));
}

const attributesOf = (role: LiveRole): readonly string[] =>
  [
    role.superuser ? "SUPERUSER" : "",
    role.login ? "LOGIN" : "NOLOGIN",
    role.inherit ? "INHERIT" : "NOINHERIT",
    role.createRole ? "CREATEROLE" : "",
    role.createDatabase ? "CREATEDB" : "",
    role.replication ? "REPLICATION" : "",
    role.bypassRowSecurity ? "BYPASSRLS" : "",
    role.connectionLimit === -1 ? "" : `CONNECTION LIMIT ${role.connectionLimit}`,
  ].filter(Boolean);

/** The table of a live catalog, with what deviates from the rules. */
export function privilegeMatrix({ context, catalog, deviations }: Inspection): PrivilegeMatrix {
  const who = roleKindsOf(context, catalog);
  const rows = rowsOf(context, catalog);
  const shown = new Set([
    ...rows.map(({ role }) => role),
    ...Object.values(context.parties).flat(),
    context.admin,
  ]);
  return {
    schemaVersion: 1,
    database: context.database,
    postgresql: catalog.major,
    roles: catalog.roles
      .filter(({ name }) => shown.has(name))
      .map((role) => ({
        name: role.name,
        party: role.name === context.admin ? "admin" : who.of(role.name),
        attributes: attributesOf(role),
        memberOf: [
          ...new Set(
            catalog.memberships.filter((one) => one.member === role.name).map((one) => one.role),
          ),
        ],
      })),
    rows,
    defaults: catalog.defaults.flatMap(({ creator, schema, code, acl }) =>
      [...byGrantee(acl)]
        .filter(([grantee]) => grantee !== creator)
        .map(([grantee, privileges]) => ({
          ...{ creator, schema, kind: code, role: grantee ?? "PUBLIC", privileges },
        })),
    ),
    settings: catalog.settings.filter(({ role, here }) => (role === null ? here : shown.has(role))),
    drift: deviations.map(({ text, statements }) => ({ text, statements })),
    remarks: remarksOn(context, catalog),
  };
}
