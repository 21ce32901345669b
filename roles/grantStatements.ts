/**
 * Says a difference in words, and writes the GRANT and REVOKE statements that mend it. Pure.
 * Does NOT decide what is a difference (expected.ts).
 */
import { type Difference, publicKey } from "./expected";
import type { AclEntry } from "./model";

/** What the statements are about. */
export interface Target {
  /** What follows ON: `TABLE dagapp.jobs`. */
  readonly on: string;
  /** Before GRANT and REVOKE, for default privileges. */
  readonly prefix?: string;
  /** After each privilege: ` ("note")`. */
  readonly columns?: string;
  /** Nothing depends on a default privilege, so CASCADE would be noise there. */
  readonly cascades: boolean;
  /** The object's privileges, to see who may pass them on. */
  readonly acl: readonly AclEntry[];
  readonly quote: (identifier: string) => string;
}

/** Who, for people. */
const nameOf = (grantee: string): string => (grantee === publicKey ? "PUBLIC" : grantee);

/** One line: where, who, what is missing or too many. */
export function describeDifference(where: string, difference: Difference): string {
  const { missing, grantable } = difference;
  const unexpected = [...new Set(difference.unexpected.map(({ privilege }) => privilege))];
  const parts = [
    missing.length > 0 ? `lacks ${missing.join(", ")}` : "",
    unexpected.length > 0 ? `should not have ${unexpected.join(", ")}` : "",
    grantable.length > 0 ? `may pass on ${grantable.join(", ")}` : "",
  ].filter(Boolean);
  return `${where}: ${nameOf(difference.grantee)} ${parts.join("; ")}`;
}

/**
 * GRANT and REVOKE statements for a difference. What a delegate gave, an owner's plain REVOKE leaves where it is: it
 * goes with the delegate's right to pass it on, so that is what is taken. A delegate who passed a column on with a right
 * to the whole table has none on the column, so it is given one first.
 */
export function mendDifference(difference: Difference, target: Target): readonly string[] {
  const { on, prefix = "", columns = "", acl, quote } = target;
  const role = (grantee: string): string => (grantee === publicKey ? "PUBLIC" : quote(grantee));
  const who = role(difference.grantee);
  const cascade = target.cascades ? " CASCADE" : "";
  const list = (privileges: readonly string[]): string =>
    privileges.map((privilege) => privilege + columns).join(", ");
  const grantors = new Set(difference.unexpected.map(({ grantor }) => grantor));

  const takenBack = [...grantors].flatMap((grantor): readonly string[] => {
    const privileges = difference.unexpected
      .filter((one) => one.grantor === grantor)
      .map(({ privilege }) => privilege);
    if (grantor === null)
      return [`${prefix}REVOKE ${list(privileges)} ON ${on} FROM ${who}${cascade}`];
    const delegate = role(grantor);
    const takeOption = `REVOKE GRANT OPTION FOR ${list(privileges)} ON ${on} FROM ${delegate} CASCADE`;
    const holds = (privilege: string): boolean =>
      acl.some((e) => e.grantee === grantor && e.privilege === privilege && e.grantable);
    return privileges.every(holds)
      ? [takeOption]
      : [`GRANT ${list(privileges)} ON ${on} TO ${delegate} WITH GRANT OPTION`, takeOption];
  });
  return [
    ...(difference.missing.length > 0
      ? [`${prefix}GRANT ${list(difference.missing)} ON ${on} TO ${who}`]
      : []),
    ...takenBack,
    ...(difference.grantable.length > 0
      ? [
          `${prefix}REVOKE GRANT OPTION FOR ${list(difference.grantable)} ON ${on} FROM ${who}${cascade}`,
        ]
      : []),
  ];
}
