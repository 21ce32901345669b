/**
 * What the events say of PgSTAC: which version was brought here by whom, and what people have decided about it. Pure.
 * Does NOT look at the database itself, where somebody may have changed it since (pgstac/database/look.ts).
 */
import type { Decision, EventRow } from "./event";

/** PgSTAC as this program brought it last. */
export interface PgstacState {
  /** By which decisions name it, since migrations have version numbers too: `pgstac-0.10.0`. */
  readonly version: string;
  /** Its own: `0.10.0`. */
  readonly installed: string;
  /** Of the file that led to it. */
  readonly checksum: string | null;
  readonly at: Date;
  readonly executedBy: string;
  readonly ticket: string | null;
  readonly signOff: Decision | null;
  readonly validation: Decision | null;
}

const prefix = "pgstac-";

/** How events and decisions name a version of PgSTAC's. */
export const pgstacVersionName = (version: string): string => `${prefix}${version}`;

/** Whether that is what a text is. */
export const namesPgstac = (text: string): boolean => text.startsWith(prefix);

const textIn = ({ detail }: EventRow, key: string): string => {
  const value = detail[key];
  return typeof value === "string" ? value : "";
};

/**
 * Null while it was never brought, or not since the schemas were built anew.
 *
 * @param ordered  All events, in order.
 */
export function foldPgstac(ordered: readonly EventRow[]): PgstacState | null {
  const ends = ordered.findLast(({ kind }) => kind === "pgstac-migrated" || kind === "rebuilt");
  if (ends?.kind !== "pgstac-migrated") return null;
  const { id, happenedAt: at, login: executedBy, ticket, checksum } = ends;
  const installed = textIn(ends, "to");
  const version = pgstacVersionName(installed);
  const decided = (kind: EventRow["kind"]): Decision | null => {
    const event = ordered.findLast(
      (one) =>
        one.kind === kind && one.id > id && one.version === version && one.checksum === checksum,
    );
    if (event === undefined) return null;
    const { happenedAt, login } = event;
    return { at: happenedAt, login, by: textIn(event, "by"), reason: textIn(event, "reason") };
  };
  const [signOff, validation] = [decided("signed-off"), decided("validated")];
  return { version, installed, checksum, at, executedBy, ticket, signOff, validation };
}
