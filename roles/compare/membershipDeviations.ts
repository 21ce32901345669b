/**
 * Compares memberships with what they should be: a member can do what its role can, and no list of privileges shows it.
 * A chain is cut at its first link, because each link is judged. Pure.
 * Does NOT look at attributes and settings (roleDeviations.ts).
 */
import type { RoleParty } from "../../stack/roleKinds";
import type { AclContext, Catalog, Deviation, Membership } from "../model";
import { fileRoles, predefinedMemberships, reachingRoles, roleRules } from "../roleRules";
import { isPredefined, type RoleKinds, trustedRoles } from "./roleKind";

/** Parties whose roles may be members of nothing but what their rule names. */
const judged = new Set<string>(roleRules.map(({ party }) => party));

/** Real names of what each party's roles must be members of. */
function wantedRoles(context: AclContext, party: string): readonly string[] {
  const rule = roleRules.find((one) => one.party === party);
  return (rule?.memberOf ?? []).flatMap((role) =>
    isPredefined(role) ? [role] : context.parties[role as RoleParty],
  );
}

/**
 * What CREATE ROLE leaves since PostgreSQL 16: whoever made the role may let others in, and has and becomes nothing.
 * Only a superuser can take it away.
 */
export const isCreators = (who: RoleKinds, { grantor, inherits, sets }: Membership): boolean =>
  !inherits && !sets && who.isSuperuser(grantor);

/** Whether a membership is nobody's deviation, whatever its options are. */
function isAccepted(context: AclContext, who: RoleKinds, membership: Membership): boolean {
  const { member, role } = membership;
  const [inner, outer] = [who.of(member), who.of(role)];
  if (who.isSuperuser(member)) return true;
  if (member === context.admin) {
    // Of a role of ours that became a superuser, its attribute is what is wrong.
    return judged.has(outer) || !(who.isSuperuser(role) || fileRoles.includes(role));
  }
  if (judged.has(inner)) return wantedRoles(context, inner).includes(role);
  const isOurs = judged.has(outer) || role === context.admin;
  if (isPredefined(member)) {
    const isPowerful = isOurs || outer === "trusted";
    return !isPowerful || (predefinedMemberships[member] ?? []).includes(role);
  }
  if (isOurs) {
    // Whoever made a role keeps the right to let others in; that is the platform's affair where it is the platform.
    const isMaker = inner === "trusted" && isCreators(who, membership);
    // PgSTAC's roles are of the whole server, and have the same names for each of its databases.
    const isNeighbours = isPgstacs(outer) && who.ownsDatabase(member);
    return trustedRoles(context).includes(member) || isMaker || isNeighbours;
  }
  if (inner === "trusted") return true;
  // No matter whether it may connect here: files and base backups hold every database of the server.
  return !reachingRoles.includes(role) && !who.isSuperuser(role) && !who.isNamed(role);
}

/**
 * The service and infrastructure roles are members of nothing, a migrator only of the infrastructure role, and nobody
 * else of any of them. The admin is: it made them, and acts for them.
 */
export function membershipDeviations(
  context: AclContext,
  who: RoleKinds,
  { memberships, roles, major }: Pick<Catalog, "memberships" | "roles" | "major">,
): readonly Deviation[] {
  const exists = new Set(roles.map(({ name }) => name));
  const { quote } = context;

  const lacking = roleRules.flatMap(({ party }) =>
    context.parties[party]
      .filter((member) => exists.has(member))
      .flatMap((member) =>
        wantedRoles(context, party)
          .filter((role) => exists.has(role))
          .filter((role) => !memberships.some((one) => one.member === member && one.role === role))
          .map((role) => ({
            text: `role ${member}: is not a member of ${role}`,
            statements: [`GRANT ${quote(role)} TO ${quote(member)}`],
          })),
      ),
  );

  const deviating = memberships.flatMap((membership): readonly Deviation[] => {
    const { member, role, grantor, grantable, inherits, sets } = membership;
    const [inner, outer] = [quote(member), quote(role)];
    // Since PostgreSQL 16 each grantor's grant stands by itself, and a plain REVOKE sees only one's own.
    const isOwn = major < 16 || grantor === context.admin;
    const by = isOwn ? "" : ` GRANTED BY ${quote(grantor)}`;
    const power = isOwn ? {} : { power: grantor };
    if (!isAccepted(context, who, membership)) {
      const text = `role ${member}: should not be a member of ${role}`;
      const cascade = grantable ? " CASCADE" : "";
      const loses = { role: member, what: "membership", on: `role ${role}` };
      return [
        { text, statements: [`REVOKE ${outer} FROM ${inner}${by}${cascade}`], ...power, loses },
      ];
    }
    const rule = roleRules.find(({ party }) => party === who.of(member));
    if (rule === undefined || isPgstacs(who.of(member))) return [];
    const differing: readonly (readonly [boolean, string, string])[] = [
      [
        grantable,
        `may pass on its membership in ${role}`,
        `REVOKE ADMIN OPTION FOR ${outer} FROM ${inner}${by} CASCADE`,
      ],
      [
        inherits && !rule.inherit,
        `has the privileges of ${role} without becoming it`,
        `GRANT ${outer} TO ${inner} WITH INHERIT FALSE${by}`,
      ],
      [
        !sets && !rule.inherit,
        `may not become ${role}`,
        `GRANT ${outer} TO ${inner} WITH SET TRUE${by}`,
      ],
    ];
    return differing
      .filter(([differs]) => differs)
      .map(([, what, statement]) => ({
        text: `role ${member}: ${what}`,
        statements: [statement],
        ...power,
      }));
  });
  return [...lacking, ...deviating];
}

/** PgSTAC makes its memberships itself, with the options of its day. */
const isPgstacs = (kind: string): boolean => kind.startsWith("pgstac ");
