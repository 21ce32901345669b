/**
 * Compares the privileges of live objects with the rules, and says which statements would make them equal.
 * Pure: rules and catalog in, deviations out. Does NOT read the catalog or run the statements (see catalog.ts).
 */
import {
  defaultPrivilegeKinds,
  type ObjectKind,
  type Party,
  type Place,
  type PrivilegeRule,
} from "./privileges";
import { membershipDeviations, settingDeviations } from "./roleDeviations";

/** One privilege that somebody has on an object, as aclexplode tells it. */
export interface AclEntry {
  /** Role name, or null for PUBLIC. */
  readonly grantee: string | null;
  readonly privilege: string;
  readonly grantable: boolean;
}

/** An object of the database and who may do what on it. */
export interface CatalogObject {
  readonly kind: ObjectKind;
  readonly place: Place;
  /** As SQL, quoted: `dagapp.jobs`, `dagapp.f(integer)`. Of a column: its table. */
  readonly identity: string;
  /** Of kind column only: its name, unquoted. */
  readonly column: string | null;
  readonly owner: string;
  /** Its owner is that of a table, and changes with it: a sequence of a serial or identity column. */
  readonly follows: boolean;
  readonly acl: readonly AclEntry[];
}

/** What objects will be born with: default privileges of one creator, in one schema or (null) anywhere. */
export interface DefaultPrivileges {
  readonly creator: string;
  readonly schema: string | null;
  readonly code: string;
  readonly acl: readonly AclEntry[];
}

/** A role's membership in another. */
export interface Membership {
  readonly member: string;
  readonly role: string;
  /** The member may let others in. */
  readonly grantable: boolean;
  /** The member has the role's privileges without becoming it. False before PostgreSQL 16, where the member decides. */
  readonly inherits: boolean;
}

/** A setting stored with a role: `lock_timeout=5000`. */
export interface RoleSetting {
  readonly role: string;
  readonly setting: string;
}

/** Everything that is compared. */
export interface Catalog {
  readonly objects: readonly CatalogObject[];
  readonly defaults: readonly DefaultPrivileges[];
  readonly memberships: readonly Membership[];
  readonly settings: readonly RoleSetting[];
}

/** Real names and values, and how to quote an identifier. */
export interface AclContext {
  readonly rules: readonly PrivilegeRule[];
  readonly parties: Readonly<Record<Exclude<Party, "public">, readonly string[]>>;
  readonly admin: string;
  /** Settings the service role must have, as `name=value`. */
  readonly serviceSettings: readonly string[];
  readonly quote: (identifier: string) => string;
}

/** One thing that is not as the rules say, and the statements that mend it. */
export interface Deviation {
  /** One line for people: object, role, what is missing or unexpected. */
  readonly text: string;
  readonly statements: readonly string[];
}

/** Key of a grantee in maps: role names cannot be empty, so "" is PUBLIC. */
const publicKey = "";

type Held = ReadonlyMap<string, ReadonlySet<string>>;

/** Which grantee should hold which privileges on an object of this kind and place. */
function expectedOn(
  context: AclContext,
  kind: ObjectKind,
  place: Place,
  column: string | null,
): Held {
  const expected = new Map<string, Set<string>>();
  for (const rule of context.rules) {
    if (rule.where !== place || !rule.on.includes(kind)) continue;
    if (kind === "column" && (column === null || rule.columns?.includes(column) !== true)) continue;
    const grantees = rule.to === "public" ? [publicKey] : context.parties[rule.to];
    for (const grantee of grantees) {
      const held = expected.get(grantee) ?? new Set();
      rule.privileges.forEach((privilege) => held.add(privilege));
      expected.set(grantee, held);
    }
  }
  return expected;
}

interface Difference {
  readonly grantee: string;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** Privileges held with the right to pass them on, which nobody should have. */
  readonly grantable: readonly string[];
}

/** Differences per grantee. The owner holds everything by being the owner, and is left out. */
function compare(expected: Held, acl: readonly AclEntry[], owner: string): readonly Difference[] {
  const grantees = new Set([...expected.keys(), ...acl.map((entry) => entry.grantee ?? publicKey)]);
  return [...grantees]
    .filter((grantee) => grantee !== owner)
    .map((grantee) => {
      const wanted = expected.get(grantee) ?? new Set<string>();
      const held = acl.filter((entry) => (entry.grantee ?? publicKey) === grantee);
      const has = new Set(held.map((entry) => entry.privilege));
      return {
        grantee,
        missing: [...wanted].filter((privilege) => !has.has(privilege)),
        unexpected: [...has].filter((privilege) => !wanted.has(privilege)),
        grantable: held
          .filter((entry) => entry.grantable && wanted.has(entry.privilege))
          .map((entry) => entry.privilege),
      };
    })
    .filter((d) => d.missing.length + d.unexpected.length + d.grantable.length > 0);
}

/** The word that GRANT uses for an object of this kind. */
const grantKeyword: Readonly<Record<ObjectKind, string>> = {
  database: "DATABASE",
  schema: "SCHEMA",
  table: "TABLE",
  "partitioned table": "TABLE",
  "foreign table": "TABLE",
  view: "TABLE",
  "materialized view": "TABLE",
  column: "TABLE",
  sequence: "SEQUENCE",
  function: "FUNCTION",
  procedure: "PROCEDURE",
  type: "TYPE",
};

function describeDifference(where: string, difference: Difference): string {
  const who = difference.grantee === publicKey ? "PUBLIC" : difference.grantee;
  const parts = [
    difference.missing.length > 0 ? `lacks ${difference.missing.join(", ")}` : "",
    difference.unexpected.length > 0 ? `should not have ${difference.unexpected.join(", ")}` : "",
    difference.grantable.length > 0 ? `may pass on ${difference.grantable.join(", ")}` : "",
  ].filter(Boolean);
  return `${where}: ${who} ${parts.join("; ")}`;
}

/** GRANT and REVOKE statements for a difference; `target` is what follows ON. */
function mend(
  context: AclContext,
  difference: Difference,
  target: string,
  options: { readonly prefix?: string; readonly columns?: string } = {},
): readonly string[] {
  const { prefix = "", columns = "" } = options;
  const grantee = difference.grantee === publicKey ? "PUBLIC" : context.quote(difference.grantee);
  const list = (privileges: readonly string[]): string =>
    privileges.map((privilege) => privilege + columns).join(", ");
  return [
    ...(difference.missing.length > 0
      ? [`${prefix}GRANT ${list(difference.missing)} ON ${target} TO ${grantee}`]
      : []),
    ...(difference.unexpected.length > 0
      ? [`${prefix}REVOKE ${list(difference.unexpected)} ON ${target} FROM ${grantee} CASCADE`]
      : []),
    ...(difference.grantable.length > 0
      ? [
          `${prefix}REVOKE GRANT OPTION FOR ${list(difference.grantable)} ON ${target} FROM ${grantee} CASCADE`,
        ]
      : []),
  ];
}

function objectDeviations(context: AclContext, object: CatalogObject): readonly Deviation[] {
  const { kind, place, identity, column, owner } = object;
  const where = `${kind} ${column === null ? identity : `${identity}.${column}`}`;
  const target = `${grantKeyword[kind]} ${identity}`;
  const options = column === null ? {} : { columns: ` (${context.quote(column)})` };
  const grants = compare(expectedOn(context, kind, place, column), object.acl, owner).map(
    (difference): Deviation => ({
      text: describeDifference(where, difference),
      statements: mend(context, difference, target, options),
    }),
  );
  return [...grants, ...ownerDeviations(context, object, where, target)];
}

/** Ownership is the right to ALTER and DROP: in the governed schemas it is the infrastructure role's alone. */
function ownerDeviations(
  context: AclContext,
  { kind, place, owner, identity, follows }: CatalogObject,
  where: string,
  target: string,
): readonly Deviation[] {
  const [infrastructure] = context.parties.infrastructure;
  if (place !== "governed" || kind === "column" || follows) return [];
  if (infrastructure === undefined || owner === infrastructure) return [];
  const keyword = alterKeyword[kind] ?? target.slice(0, target.length - identity.length - 1);
  return [
    {
      text: `${where}: belongs to ${owner}, not to ${infrastructure}`,
      statements: [`ALTER ${keyword} ${identity} OWNER TO ${context.quote(infrastructure)}`],
    },
  ];
}

/** Kinds that ALTER calls otherwise than GRANT does. */
const alterKeyword: Partial<Record<ObjectKind, string>> = {
  view: "VIEW",
  "materialized view": "MATERIALIZED VIEW",
  "foreign table": "FOREIGN TABLE",
};

/** Kinds of default privileges that no rule speaks of. Large objects: since PostgreSQL 18. */
const otherDefaultKeywords: Readonly<Record<string, string>> = {
  T: "TYPES",
  n: "SCHEMAS",
  L: "LARGE OBJECTS",
};

/**
 * Default privileges: what infrastructure makes in a governed schema is born with what the rules say, and what
 * infrastructure or the admin make anywhere is born without EXECUTE for PUBLIC. Everybody else's, in a governed schema,
 * should not be there.
 */
function defaultDeviations(
  context: AclContext,
  defaults: Catalog["defaults"],
): readonly Deviation[] {
  const [infrastructure] = context.parties.infrastructure;
  return defaults.flatMap(({ creator, schema, code, acl }) => {
    const entry = defaultPrivilegeKinds.find((one) => one.code === code);
    const keyword = entry?.keyword ?? otherDefaultKeywords[code] ?? "TABLES";
    const expected =
      entry !== undefined && schema !== null && creator === infrastructure
        ? expectedOn(context, entry.kind, "governed", null)
        : new Map<string, Set<string>>();
    const wanted =
      schema === null && code === "T" ? new Map([[publicKey, new Set(["USAGE"])]]) : expected;
    const place = schema === null ? "anywhere" : `in ${context.quote(schema)}`;
    const prefix = `ALTER DEFAULT PRIVILEGES FOR ROLE ${context.quote(creator)} ${
      schema === null ? "" : `IN SCHEMA ${context.quote(schema)} `
    }`;
    return compare(wanted, acl, creator).map((difference): Deviation => ({
      text: describeDifference(`new ${keyword.toLowerCase()} of ${creator} ${place}`, difference),
      // ALTER DEFAULT PRIVILEGES knows no CASCADE worth writing: nothing depends on a default.
      statements: mend(context, difference, keyword, { prefix }).map((s) =>
        s.replace(/ CASCADE$/, ""),
      ),
    }));
  });
}

/** Everything that differs between the live catalog and the rules. Empty: nothing missing, nothing more. */
export function findDeviations(context: AclContext, catalog: Catalog): readonly Deviation[] {
  return [
    ...catalog.objects.flatMap((object) => objectDeviations(context, object)),
    ...defaultDeviations(context, catalog.defaults),
    ...membershipDeviations(context, catalog.memberships),
    ...settingDeviations(context, catalog.settings),
  ];
}
