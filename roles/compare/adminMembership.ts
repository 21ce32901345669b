/**
 * That the admin is a member of the infrastructure role, with its privileges and able to become it: without, it can
 * neither mend what that role owns nor make a schema for it. Pure.
 * Does NOT judge who else is a member, or of what (membershipDeviations.ts).
 *
 * The postgresql plugin makes this membership and does not see whether it is still there: since PostgreSQL 16 the
 * creator of a role holds it WITH ADMIN by a row of the server's own, which the plugin takes for the membership.
 */
import type { AclContext, Catalog, Deviation } from "../model";

/** What the admin lacks of its membership. Each grantor's row counts: the server adds them up. */
export function adminMembershipDeviations(
  { admin, parties, quote }: AclContext,
  { memberships, roles, major }: Pick<Catalog, "memberships" | "roles" | "major">,
): readonly Deviation[] {
  const exists = new Set(roles.map(({ name }) => name));
  if (!exists.has(admin)) return [];
  // Before 16 a membership has no options; whether it brings the role's privileges is the member's INHERIT.
  const options = major < 16 ? "" : " WITH INHERIT TRUE, SET TRUE";
  return parties.infrastructure
    .filter((role) => exists.has(role))
    .flatMap((role): readonly Deviation[] => {
      const rows = memberships.filter((one) => one.member === admin && one.role === role);
      const isMember = rows.some(({ inherits, sets }) => major < 16 || inherits || sets);
      const lacking = [
        ...(rows.some(({ inherits }) => major < 16 || inherits)
          ? []
          : [`the privileges of ${role}`]),
        ...(rows.some(({ sets }) => sets) ? [] : [`the right to become ${role}`]),
      ];
      if (lacking.length === 0) return [];
      const what = isMember ? `lacks ${lacking.join(", ")}` : `is not a member of ${role}`;
      const statements = [`GRANT ${quote(role)} TO ${quote(admin)}${options}`];
      return [{ text: `role ${admin}: ${what}`, statements, first: true }];
    });
}
