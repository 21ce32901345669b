/**
 * The label that makes a role of the database a principal of Microsoft Entra: its text, and how far a role is from what
 * it should be. Pure.
 * Does NOT read or write it (principals.ts).
 *
 * Source: Microsoft, "Manage Microsoft Entra users" (security-manage-entra-users, 10/2025): SECURITY LABEL FOR
 * "pgaadauth" ON ROLE … IS 'aadauth,oid=…,type=user|group|service[,admin]'; `,mfa` is not documented.
 */
import { type PrincipalType, principalTypes } from "../../stack/azure";

/** Who a role is in Entra. */
export interface Principal {
  readonly role: string;
  readonly objectId: string;
  readonly type: PrincipalType;
}

/** A label, taken apart. */
interface Label {
  readonly objectId: string;
  readonly type: PrincipalType;
  readonly isAdmin: boolean;
  readonly isMfa: boolean;
}

/** A role as the server has it. */
export interface LiveRole {
  readonly role: string;
  readonly login: boolean;
  /** As stored; null when the role is nobody in Entra. */
  readonly label: string | null;
  /** Whether it has a password; null where this login may not see that (on Azure nobody may). */
  readonly hasPassword: boolean | null;
}

export const formatLabel = ({ objectId, type }: Pick<Principal, "objectId" | "type">): string =>
  `aadauth,oid=${objectId.toLowerCase()},type=${type}`;

/** Null when it is not a label that Azure would have written. */
function parseLabel(text: string): Label | null {
  const [kind, ...parts] = text.split(",");
  const fields = new Map(
    parts.map((part): [string, string] => {
      const at = part.indexOf("=");
      return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const type = principalTypes.find((one) => one === fields.get("type"));
  const objectId = fields.get("oid");
  if (kind !== "aadauth" || type === undefined || objectId === undefined) return null;
  return {
    objectId: objectId.toLowerCase(),
    type,
    isAdmin: fields.has("admin"),
    isMfa: fields.has("mfa"),
  };
}

/** What is wrong with one role, one line each. */
function deviations(wanted: Principal, live: LiveRole | undefined): readonly string[] {
  const { role } = wanted;
  if (live === undefined) return [`${role}: there is no such role`];
  const lines: string[] = [];
  const label = live.label === null ? null : parseLabel(live.label);
  if (live.label === null) lines.push(`${role}: it has no label, so nobody of Entra can log in`);
  else if (label === null) lines.push(`${role}: its label is not one of Entra's: ${live.label}`);
  else {
    if (label.objectId !== wanted.objectId.toLowerCase()) {
      lines.push(`${role}: it is object ${label.objectId}, not ${wanted.objectId.toLowerCase()}`);
    }
    if (label.type !== wanted.type) {
      lines.push(`${role}: it is a ${label.type}, not a ${wanted.type}`);
    }
    if (label.isAdmin) lines.push(`${role}: it is an administrator of the server`);
    if (label.isMfa) lines.push(`${role}: it asks for a second factor, which no program has`);
  }
  if (!live.login) lines.push(`${role}: it may not log in`);
  if (live.hasPassword === true) lines.push(`${role}: it has a password beside its token`);
  return lines;
}

/** Roles that are principals and that nobody listed. Administrators of the server are Azure's own affair. */
export function strangers(
  wanted: readonly Principal[],
  live: readonly LiveRole[],
  expected: readonly string[],
): readonly LiveRole[] {
  const known = new Set([...wanted.map(({ role }) => role), ...expected]);
  return live.filter(
    ({ role, label }) => label !== null && !known.has(role) && parseLabel(label)?.isAdmin !== true,
  );
}

/** Everything in which the server differs, one line each; empty when it is as it should be. */
export function principalDrift(
  wanted: readonly Principal[],
  live: readonly LiveRole[],
  expected: readonly string[],
): readonly string[] {
  const roleOf = new Map(live.map((one) => [one.role, one]));
  return [
    ...wanted.flatMap((one) => deviations(one, roleOf.get(one.role))),
    ...strangers(wanted, live, expected).map(
      ({ role, label }) => `${role}: it is labelled (${label ?? ""}), and nobody listed it`,
    ),
  ];
}
