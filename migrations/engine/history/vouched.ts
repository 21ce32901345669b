/**
 * Differences that somebody vouched for by name: what the events keep of them, and which of them still stand. Pure.
 * Does NOT find a difference (see snapshot.ts) or read events (see ledger/ledger.ts).
 */
import type { EventKind } from "./eventKinds";
import { describeDifference, type PartDigests, type SnapshotDifference } from "./snapshot";

/** What is read of an event. */
interface DecidedEvent {
  readonly kind: EventKind;
  readonly happenedAt: Date;
  readonly login: string;
  readonly version: string | null;
  readonly ticket: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** One difference as it is kept: enough to tell later, without a scratch database, whether it is still there. */
export interface VouchedDifference {
  readonly object: string;
  readonly part: string;
  /** Digest of what should be there: what the files make, or what was recorded. Null: nothing. */
  readonly wanted: string | null;
  /** Digest of what is there. Null: nothing. */
  readonly found: string | null;
  /** For people: the difference in words. */
  readonly text: string;
  /** Why it may stay; "" where one reason stands for all. */
  readonly reason: string;
}

/** A person's word on differences. */
export interface Vouching {
  readonly kind: "acknowledged" | "baselined";
  readonly at: Date;
  /** The server's word on who it was. */
  readonly login: string;
  readonly by: string;
  readonly reason: string;
  readonly ticket: string | null;
  /** Of a baseline: up to which version. */
  readonly version: string | null;
  readonly differences: readonly VouchedDifference[];
}

/** Keeps a difference. The digests are of all parts of both sides. */
export function vouchFor(
  difference: SnapshotDifference,
  reason: string,
  wanted: PartDigests,
  found: PartDigests,
): VouchedDifference {
  const { object, part } = difference;
  return {
    ...{ object, part, reason },
    wanted: wanted[object]?.[part] ?? null,
    found: found[object]?.[part] ?? null,
    text: describeDifference(difference),
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

function readDifferences(value: unknown): readonly VouchedDifference[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((one) => ({
    object: textOf(one["object"]),
    part: textOf(one["part"]),
    wanted: textOrNull(one["wanted"]),
    found: textOrNull(one["found"]),
    text: textOf(one["text"]),
    reason: textOf(one["reason"]),
  }));
}

/** Everything that was vouched for since the schemas were last made anew, oldest first. */
export function foldVouchings(ordered: readonly DecidedEvent[]): readonly Vouching[] {
  const rebuilt = ordered.findLastIndex(({ kind }) => kind === "rebuilt");
  return ordered.slice(rebuilt + 1).flatMap((event): readonly Vouching[] => {
    const { kind, happenedAt: at, login, ticket, version, detail } = event;
    if (kind !== "acknowledged" && kind !== "baselined") return [];
    const differences = readDifferences(detail["vouched"]);
    if (differences.length === 0) return [];
    const said = { by: textOf(detail["by"]), reason: textOf(detail["reason"]) };
    return [{ ...{ kind, at, login, ticket, version, differences }, ...said }];
  });
}

/**
 * The vouchings with those of their differences that are there as they were vouched for. One that a migration, or
 * somebody, has changed since is none of theirs any more.
 *
 * @param live  Digests of what is there now; null where it could not be read: then all are taken to stand.
 */
export function standing(
  vouchings: readonly Vouching[],
  live: PartDigests | null,
): readonly Vouching[] {
  const isThere = ({ object, part, found }: VouchedDifference): boolean =>
    live === null || (live[object]?.[part] ?? null) === found;
  const placeOf = ({ object, part }: VouchedDifference): string => JSON.stringify([object, part]);
  // Where two people spoke of one part, the later word counts.
  const last = new Map<string, VouchedDifference>();
  for (const { differences } of vouchings) {
    for (const one of differences) last.set(placeOf(one), one);
  }
  const stands = (one: VouchedDifference): boolean =>
    last.get(placeOf(one)) === one && one.found !== one.wanted && isThere(one);
  return vouchings
    .map((vouching) => ({ ...vouching, differences: vouching.differences.filter(stands) }))
    .filter(({ differences }) => differences.length > 0);
}
