/**
 * Whose name the admin's GRANT and REVOKE carry on an owner's objects, and what it gave there in its own. Pure.
 * Does NOT look at what an owner or another delegate gave (acl.ts, grantStatements.ts).
 *
 * PostgreSQL makes two exceptions of a member of the owner's role, which the admin is. Its statements are the owner's
 * only where neither it nor another role that it is a member of has the right to pass on: of several it takes the first.
 * And when the admin loses that right, what it gave stays: CASCADE finds that it may still pass things on, as the owner.
 */
import type { AclContext, AclEntry, Catalog, CatalogObject, Deviation } from "../model";
import { objectKinds } from "../objectKinds";

/** What names an object in GRANT; of a column, its table. */
export const grantName = ({ kind, identity }: Pick<CatalogObject, "kind" | "identity">): string =>
  `${objectKinds[kind].grant} ${identity}`;

/** Objects of owners that the admin is a member of: the others' are not governed. */
const isOwners = ({ admin }: AclContext, { place, owner }: CatalogObject): boolean =>
  place !== "elsewhere" && owner !== admin;

/** Whether an entry is the admin's own, and so no owner's REVOKE takes it. */
export const isAdmins = (context: AclContext, object: CatalogObject, entry: AclEntry): boolean =>
  isOwners(context, object) && entry.grantor === context.admin;

/**
 * Names of objects on which the admin, or a role whose rights it has, may pass things on, or did: the owner's statements
 * must be run as the owner there. For columns the table's privileges count too, so that both have one name.
 */
export function passedOn(
  context: AclContext,
  { objects, roles }: Pick<Catalog, "objects" | "roles">,
): ReadonlySet<string> {
  const usable = new Set([context.admin, ...roles.filter((r) => r.usable).map(({ name }) => name)]);
  const shadows = (owner: string, { grantee, grantor, grantable }: AclEntry): boolean =>
    (grantor !== owner && usable.has(grantor)) ||
    (grantable && grantee !== null && grantee !== owner && usable.has(grantee));
  return new Set(
    objects
      .filter((one) => isOwners(context, one))
      .filter(({ owner, acl }) => acl.some((entry) => shadows(owner, entry)))
      .map(grantName),
  );
}

/** Statements run as the owner of the objects they are about. */
export const asOwner = (
  { quote }: AclContext,
  owner: string,
  statements: readonly string[],
): readonly string[] => [`SET ROLE ${quote(owner)}`, ...statements, "RESET ROLE"];

/** What the admin passed on of an object: taken back in its own name, for which it must have the right a last time. */
export function adminGrants(
  context: AclContext,
  object: CatalogObject,
  title: string,
): readonly Deviation[] {
  const { admin, quote } = context;
  const { owner, column, acl } = object;
  const given = acl.filter((entry) => isAdmins(context, object, entry));
  return [...new Set(given.map(({ grantee }) => grantee))].map((grantee) => {
    const privileges = given.filter((e) => e.grantee === grantee).map(({ privilege }) => privilege);
    const columns = column === null ? "" : ` (${quote(column)})`;
    const list = privileges.map((privilege) => privilege + columns).join(", ");
    const on = grantName(object);
    const whom = grantee === null ? "PUBLIC" : quote(grantee);
    return {
      text: `${title}: ${grantee ?? "PUBLIC"} should not have ${privileges.join(", ")} from ${admin}`,
      statements: [
        ...asOwner(context, owner, [`GRANT ${list} ON ${on} TO ${quote(admin)} WITH GRANT OPTION`]),
        `REVOKE ${list} ON ${on} FROM ${whom} CASCADE`,
        ...asOwner(context, owner, [`REVOKE ${list} ON ${on} FROM ${quote(admin)} CASCADE`]),
      ],
      power: owner,
    };
  });
}
