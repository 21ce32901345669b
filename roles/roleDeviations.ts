/**
 * Compares what roles themselves have, memberships and settings, with what they should. Pure.
 * Does NOT look at privileges on objects (acl.ts).
 */
import type { AclContext, Deviation, Membership, RoleSetting } from "./acl";

/**
 * The service and infrastructure roles and approvers are members of nothing, a migrator only of the infrastructure role, and nobody
 * else of any of them. The admin is: it made them, and acts for them.
 */
export function membershipDeviations(
  { parties, admin, quote }: AclContext,
  memberships: readonly Membership[],
): readonly Deviation[] {
  const ours = [
    ...parties.service,
    ...parties.infrastructure,
    ...parties.migrator,
    ...parties.approver,
  ];
  const lacking = parties.migrator.flatMap((login) =>
    parties.infrastructure
      .filter((role) => !memberships.some((one) => one.member === login && one.role === role))
      .map((role) => ({
        text: `role ${login}: is not a member of ${role}`,
        statements: [`GRANT ${quote(role)} TO ${quote(login)}`],
      })),
  );
  const deviating = memberships.flatMap(
    ({ member, role, grantable, inherits }): readonly Deviation[] => {
      if (member === admin || (!ours.includes(member) && !ours.includes(role))) return [];
      const [inner, outer] = [quote(member), quote(role)];
      if (!parties.migrator.includes(member) || !parties.infrastructure.includes(role)) {
        const text = `role ${member}: should not be a member of ${role}`;
        return [{ text, statements: [`REVOKE ${outer} FROM ${inner}`] }];
      }
      const passesOn: Deviation = {
        text: `role ${member}: may pass on its membership in ${role}`,
        statements: [`REVOKE ADMIN OPTION FOR ${outer} FROM ${inner}`],
      };
      const hasAtOnce: Deviation = {
        text: `role ${member}: has the privileges of ${role} without becoming it`,
        statements: [`GRANT ${outer} TO ${inner} WITH INHERIT FALSE`],
      };
      return [...(grantable ? [passesOn] : []), ...(inherits ? [hasAtOnce] : [])];
    },
  );
  return [...lacking, ...deviating];
}

/** Settings that the service role must have and has not. */
export function settingDeviations(
  context: AclContext,
  settings: readonly RoleSetting[],
): readonly Deviation[] {
  return context.parties.service.flatMap((role) => {
    const held = settings.filter((one) => one.role === role).map((one) => one.setting);
    return context.serviceSettings
      .filter((wanted) => !held.includes(wanted))
      .map((wanted): Deviation => {
        const [name = "", value = ""] = wanted.split("=");
        return {
          text: `role ${role}: setting ${wanted} is missing`,
          statements: [`ALTER ROLE ${context.quote(role)} SET ${name} = ${value}`],
        };
      });
  });
}
