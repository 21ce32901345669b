/**
 * What taking a database over would take from whom, in words; and which deviations are mended by giving alone. Pure.
 * Does NOT find deviations (see acl.ts) or mend them.
 */
import type { Deviation, Loss } from "../model";

const gives = /^(ALTER DEFAULT PRIVILEGES\b.*\s)?GRANT\b/s;
const narrows = /\bREVOKE\b|\bWITH\b.*\bFALSE\b/;

/** Whether mending takes something from somebody, or changes what is there: anything but GRANT. */
export const takesAway = ({ statements }: Deviation): boolean =>
  statements.length === 0 || statements.some((sql) => !gives.test(sql) || narrows.test(sql));

/** Open sessions by role. */
export type Sessions = ReadonlyMap<string, number>;

/** So many objects are named of each. */
const mostNamed = 4;

/** Names of what is lost, by what is lost of it. */
function grouped(losses: readonly Loss[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { what, on } of losses) groups.set(what, [...(groups.get(what) ?? []), on]);
  return [...groups].map(([what, objects]) => {
    const shown = objects.slice(0, mostNamed).join(", ");
    const more = objects.length - mostNamed;
    const list = more > 0 ? `${shown} and ${more} more` : shown;
    return `${what} ${what === "ownership" ? "of" : what === "membership" ? "in" : "on"} ${list}`;
  });
}

/**
 * One text a role: what it loses, and how many sessions of it are open. Roles with sessions come first: they are hit at
 * once.
 */
export function adoptionLines(
  deviations: readonly Deviation[],
  sessions: Sessions,
): readonly string[] {
  const byRole = new Map<string, Loss[]>();
  for (const { loses } of deviations) {
    if (loses === undefined) continue;
    byRole.set(loses.role, [...(byRole.get(loses.role) ?? []), loses]);
  }
  const open = (role: string): number => sessions.get(role) ?? 0;
  const sorted = [...byRole].sort(([a], [b]) => open(b) - open(a));
  return sorted.map(([role, losses]) => {
    const count = open(role);
    const who = role === "" ? "PUBLIC (every login)" : role;
    const now =
      count === 0
        ? ""
        : count === 1
          ? "; 1 session of it is open"
          : `; ${count} sessions of it are open`;
    return `${who} loses: ${grouped(losses).join("; ")}${now}`;
  });
}
