/**
 * Compares a live catalog with the rules, and says which statements would make them equal.
 * Pure: rules and catalog in, deviations out. Does NOT read the catalog (catalog.ts) or run the statements (heal.ts).
 */
import { pgstacSchema } from "../../pgstac/hardening/versions";
import { expectedKinds } from "../../stack/roleKinds";
import type { AclContext, AclEntry, Catalog, CatalogObject, Deviation } from "../model";
import { objectKinds } from "../objectKinds";
import type { ObjectKind } from "../vocabulary";
import { adminGrants, asOwner, grantName, isAdmins, passedOn } from "./adminGrants";
import { adminMembershipDeviations } from "./adminMembership";
import { bypassDeviations, unsafeObjects } from "./bypassDeviations";
import { defaultDeviations } from "./defaultDeviations";
import { compare, type Difference, expectedOn, heldIn, publicKey } from "./expected";
import { describeDifference, mendDifference, mendingAround } from "./grantStatements";
import { jointly } from "./jointStatements";
import { membershipDeviations } from "./membershipDeviations";
import { ownedDeviations, ownerDeviations } from "./ownerDeviations";
import { attributeDeviations } from "./roleDeviations";
import { isPredefined, type RoleKinds, roleKindsOf } from "./roleKind";
import { settingDeviations } from "./settingDeviations";

/** How an object is called in a deviation's first words. */
const titleOf = ({ kind, identity, column }: CatalogObject): string =>
  `${kind} ${column === null ? identity : `${identity}.${column}`}`;

/** Says how the privileges on an object differ. */
type Comparer = (object: CatalogObject) => readonly Difference[];

/** Objects that are alike differ alike, and most objects of a database share a handful of lists: each is compared once. */
function comparer(context: AclContext, who: RoleKinds): Comparer {
  const known = new Map<readonly AclEntry[], Map<string, readonly Difference[]>>();
  return (object) => {
    const { kind, place, schema, column, owner, readOnly, acl } = object;
    if (place === "elsewhere") {
      const allowed = heldIn(object.initial.filter((entry) => !isOurs(who, entry)));
      return compare({ wanted: new Map(), allowed }, acl, owner).filter(({ grantee }) =>
        isJudged(who, kind, grantee),
      );
    }
    const alike = known.get(acl) ?? new Map<string, readonly Difference[]>();
    known.set(acl, alike);
    const others = (): readonly AclEntry[] => acl.filter((e) => !isAdmins(context, object, e));
    // Of PgSTAC's objects each has its own rules.
    const name = context.pgstac !== null && schema === pgstacSchema ? object.identity : null;
    const key = JSON.stringify([kind, place, schema, column, owner, readOnly, name]);
    const differences = alike.get(key) ?? compare(expectedOn(context, object), others(), owner);
    alike.set(key, differences);
    return differences;
  };
}

function grantDeviations(
  context: AclContext,
  differencesOf: Comparer,
  object: CatalogObject,
  delegated: ReadonlySet<string>,
  unsafe: ReadonlySet<string>,
): readonly Deviation[] {
  const { column, owner, acl } = object;
  const all = differencesOf(object);
  const differences = unsafe.has(object.identity) ? all.flatMap(withoutGiving) : all;
  if (differences.length === 0) return [];
  const target = {
    on: grantName(object),
    ...(column === null ? {} : { columns: ` (${context.quote(column)})` }),
    cascades: true,
    acl,
    quote: context.quote,
  };
  const mending = (difference: Difference): Pick<Deviation, "statements" | "joint"> => {
    const statements = mendDifference(difference, target);
    if (delegated.has(target.on)) return { statements: asOwner(context, owner, statements) };
    return { statements, joint: jointly(object, mendingAround(difference, target)) };
  };
  return differences.map((difference) => ({
    text: describeDifference(titleOf(object), difference),
    ...mending(difference),
    power: owner,
    ...(object.kind === "database" ? { admits: difference.grantee } : {}),
    ...lossOf(difference, titleOf(object)),
  }));
}

/** What its grantee loses by mending a difference. */
function lossOf(
  { grantee, unexpected, grantable }: Difference,
  on: string,
): Pick<Deviation, "loses"> {
  const taken = [...new Set(unexpected.map(({ privilege }) => privilege))];
  const passing = grantable.length === 0 ? [] : ["the right to pass it on"];
  const what = [...taken, ...passing].join(", ");
  return what === "" ? {} : { loses: { role: grantee, what, on } };
}

/** A difference less what would have to be given. */
const withoutGiving = (one: Difference): readonly Difference[] =>
  one.unexpected.length + one.grantable.length === 0 ? [] : [{ ...one, missing: [] }];

/** No server and no extension gives the roles of this stack anything; they were given it before they were hidden so. */
const isOurs = (who: RoleKinds, { grantee }: AclEntry): boolean =>
  grantee !== null && !["trusted", "stranger"].includes(who.of(grantee));

/** Whether what is not ours may deviate for a grantee. A place for files, only for who comes to this database. */
function isJudged(who: RoleKinds, kind: ObjectKind, grantee: string): boolean {
  // What the server itself gave its own roles is among what the object was made with.
  if (grantee === publicKey || isPredefined(grantee)) return true;
  const roleKind = who.of(grantee);
  if (roleKind === "stranger" && kind === "tablespace") return who.connects(grantee);
  return roleKind !== "trusted";
}

/** What an owner took from itself. It could give it back at any time, but until then its statements fail. */
function selfRevoked(
  context: AclContext,
  who: RoleKinds,
  { ownerPrivileges }: Catalog,
  object: CatalogObject,
): readonly Deviation[] {
  const { kind, place, schema, identity, owner, acl } = object;
  if (kind === "column" || place === "elsewhere" || !who.mayOwn(owner, place, schema)) return [];
  const held = new Set(acl.filter((e) => e.grantee === owner).map((e) => e.privilege));
  const missing = (ownerPrivileges[objectKinds[kind].code] ?? []).filter((p) => !held.has(p));
  if (missing.length === 0) return [];
  const target = `${objectKinds[kind].grant} ${identity}`;
  return [
    {
      text: `${titleOf(object)}: ${owner}, its owner, lacks ${missing.join(", ")}`,
      statements: [`GRANT ${missing.join(", ")} ON ${target} TO ${context.quote(owner)}`],
      power: owner,
    },
  ];
}

/** The context less the roles that are only expected and do not exist: nothing can be given to them. */
function withPresent(context: AclContext, { roles }: Catalog): AclContext {
  const exists = new Set(roles.map(({ name }) => name));
  const present = expectedKinds.map(
    (kind) => [kind, context.parties[kind].filter((name) => exists.has(name))] as const,
  );
  return { ...context, parties: { ...context.parties, ...Object.fromEntries(present) } };
}

/** The policies of the events decide who may say that something was decided. */
const policyDeviations = ({ policies }: Catalog): readonly Deviation[] =>
  policies.map((one) => ({ ...one, locks: "public.schema_migration_events" }));

/** Everything that differs between the live catalog and the rules. Empty: nothing missing, nothing more. */
export function findDeviations(configured: AclContext, catalog: Catalog): readonly Deviation[] {
  const context = withPresent(configured, catalog);
  const who = roleKindsOf(context, catalog);
  const differencesOf = comparer(context, who);
  const delegated = passedOn(context, catalog);
  const unsafe = unsafeObjects(context, who, catalog.bypasses);
  return [
    ...catalog.objects.flatMap((object) => [
      ...grantDeviations(context, differencesOf, object, delegated, unsafe),
      ...adminGrants(context, object, titleOf(object)),
      ...selfRevoked(context, who, catalog, object),
      ...ownerDeviations(context, who, object),
    ]),
    ...catalog.owned.flatMap((object) => ownedDeviations(context, who, object)),
    ...defaultDeviations(context, who, catalog.defaults),
    ...adminMembershipDeviations(context, catalog),
    ...membershipDeviations(context, who, catalog),
    ...attributeDeviations(context, who, catalog),
    ...settingDeviations(context, catalog.settings),
    ...bypassDeviations(context, who, catalog.bypasses),
    ...policyDeviations(catalog),
  ];
}
