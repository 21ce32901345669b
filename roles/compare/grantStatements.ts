/**
 * Says a difference in words, and writes the GRANT and REVOKE statements that mend it. Pure.
 * Does NOT decide what is a difference (expected.ts).
 */
import type { AclEntry } from "../model";
import { type Difference, type Given, publicKey } from "./expected";

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

/** Names of privileges, each once. */
const namesOf = (given: readonly Given[]): readonly string[] => [
  ...new Set(given.map(({ privilege }) => privilege)),
];

/** One line: where, who, what is missing or too many. */
export function describeDifference(where: string, difference: Difference): string {
  const { missing } = difference;
  const [unexpected, grantable] = [difference.unexpected, difference.grantable].map(namesOf);
  const parts = [
    ["lacks", missing],
    ["should not have", unexpected],
    ["may pass on", grantable],
  ] as const;
  const said = parts.flatMap(([what, names = []]) =>
    names.length > 0 ? [`${what} ${names.join(", ")}`] : [],
  );
  return `${where}: ${nameOf(difference.grantee)} ${said.join("; ")}`;
}

/** A statement in two parts, around the name of what it is about. */
export type Around = readonly [before: string, after: string];

/** GRANT and REVOKE statements for a difference (see mendingAround). */
export const mendDifference = (difference: Difference, target: Target): readonly string[] =>
  mendingAround(difference, target).map(([before, after]) => `${before}${target.on}${after}`);

/**
 * GRANT and REVOKE statements for a difference. What a delegate gave, an owner's plain REVOKE leaves where it is: it
 * goes with the delegate's right to pass it on, so that is what is taken. A delegate who has no such right, because it
 * passed a column on with a right to the whole table, or lost it while it was a member of the owner, is given one first.
 */
export function mendingAround(
  difference: Difference,
  target: Omit<Target, "on">,
): readonly Around[] {
  const { prefix = "", columns = "", acl, quote } = target;
  const role = (grantee: string): string => (grantee === publicKey ? "PUBLIC" : quote(grantee));
  const who = role(difference.grantee);
  const cascade = target.cascades ? " CASCADE" : "";
  const list = (privileges: readonly string[]): string =>
    privileges.map((privilege) => privilege + columns).join(", ");

  /** Takes what each grantor gave; `own` is how the owner takes its own. */
  const takeBack = (given: readonly Given[], own: string): readonly Around[] =>
    [...new Set(given.map(({ grantor }) => grantor))].flatMap((grantor): readonly Around[] => {
      const privileges = namesOf(given.filter((one) => one.grantor === grantor));
      if (grantor === null) {
        return [[`${prefix}REVOKE ${own}${list(privileges)} ON `, ` FROM ${who}${cascade}`]];
      }
      const delegate = role(grantor);
      const takeOption: Around = [
        `REVOKE GRANT OPTION FOR ${list(privileges)} ON `,
        ` FROM ${delegate} CASCADE`,
      ];
      const holds = (privilege: string): boolean =>
        acl.some((e) => e.grantee === grantor && e.privilege === privilege && e.grantable);
      return privileges.every(holds)
        ? [takeOption]
        : [[`GRANT ${list(privileges)} ON `, ` TO ${delegate} WITH GRANT OPTION`], takeOption];
    });
  const give: Around = [`${prefix}GRANT ${list(difference.missing)} ON `, ` TO ${who}`];
  return [
    ...(difference.missing.length > 0 ? [give] : []),
    ...takeBack(difference.unexpected, ""),
    ...takeBack(difference.grantable, "GRANT OPTION FOR "),
  ];
}
