/**
 * What events keep of the structure of the governed schemas: each run what it changed itself, so that what others changed
 * by hand stays apart until somebody acknowledges it. Pure: records add up to what should be there.
 * Does NOT read events or catalogs (see structure.ts), or weigh a difference (see gateStructureRules.ts).
 */
import { isBeyond, sight } from "./sight";
import {
  compareDigests,
  fingerprintOf,
  orderOfColumns,
  type PartDigests,
  type SchemaDigest,
  type SnapshotDifference,
} from "./snapshot";

/** Digest of each part that differs; null where it is not there any more. */
export type PartChanges = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** In the detail of an event, as `structure`. Events are small: only what is `whole` lists everything. */
export interface StructureRecord {
  /** Major version of the server: another one may print the same definition in other words. */
  readonly server: number;
  /** The governed schemas, in alphabetical order. */
  readonly schemas: readonly string[];
  /** Of everything that should be there from here on. */
  readonly fingerprint: string;
  /** True: `parts` is all there should be. False: what differs from the record before. */
  readonly whole: boolean;
  readonly parts: PartChanges;
  /** What this program saw when it was made; a record of before there were two such numbers has none. */
  readonly sight?: number;
}

/** The live structure, with where it was read. */
export interface Structure extends SchemaDigest {
  readonly schemas: readonly string[];
  /** By the record that it was added up from; of what was just read, there is none. */
  readonly sight?: number;
}

/** An event after which the structure should be another one. */
export interface StructureEvent {
  /** `version 0.3.0 was applied at …` */
  readonly what: string;
  /** As it is stored; null for none. */
  readonly record: StructureRecord | null;
}

/** What should be there, by the records. */
export type Expected =
  | { readonly kind: "never recorded" }
  | { readonly kind: "unknown"; readonly reason: string }
  | { readonly kind: "known"; readonly structure: Structure; readonly since: string };

/** What a look at the live structure found. */
export type Comparison =
  /** Before the first run or acknowledgement that recorded one. */
  | { readonly kind: "never recorded" }
  /** A version is half done, and only finishing it or taking it back leads anywhere. */
  | { readonly kind: "half done" }
  | { readonly kind: "not compared"; readonly reason: string }
  | {
      readonly kind: "compared";
      /** `version 0.3.0 was applied at …` */
      readonly since: string;
      readonly differences: readonly SnapshotDifference[];
    };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads what an event holds; null where it is no such record. Whoever runs migrations may write one. */
export function readRecord(value: unknown): StructureRecord | null {
  if (!isRecord(value) || !isRecord(value["parts"]) || !Array.isArray(value["schemas"]))
    return null;
  const isWellFormed =
    typeof value["server"] === "number" &&
    typeof value["fingerprint"] === "string" &&
    typeof value["whole"] === "boolean" &&
    Object.values(value["parts"]).every(isRecord);
  return isWellFormed ? (value as unknown as StructureRecord) : null;
}

/** The same parts with changes made to them. */
function changed(objects: PartDigests, changes: PartChanges): PartDigests {
  if (Object.keys(changes).length === 0) return objects;
  const result = new Map(Object.entries(objects));
  for (const [object, parts] of Object.entries(changes)) {
    const all = { ...result.get(object), ...parts };
    const left = Object.entries(all).filter((one): one is [string, string] => one[1] !== null);
    if (left.length === 0) result.delete(object);
    else result.set(object, Object.fromEntries(left));
  }
  return Object.fromEntries(result);
}

/** What makes `after` of `before`. */
export function changesBetween(before: PartDigests, after: PartDigests): PartChanges {
  if (before === after) return {};
  const changes: Record<string, Record<string, string | null>> = {};
  for (const object of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was = {}, is = {}] = [before[object], after[object]];
    if (was === is) continue;
    const parts = [...new Set([...Object.keys(was), ...Object.keys(is)])]
      .filter((part) => was[part] !== is[part])
      .map((part): [string, string | null] => [part, is[part] ?? null]);
    if (parts.length > 0) changes[object] = Object.fromEntries(parts);
  }
  return changes;
}

/** A record of everything there is: the first one, and what an acknowledgement vouches for. */
export const wholeRecord = ({
  server,
  schemas,
  fingerprint,
  objects,
}: Structure): StructureRecord => ({
  ...{ server, schemas, fingerprint, sight },
  ...{ whole: true, parts: objects },
});

/**
 * Adds up the records.
 *
 * @param events  Oldest first, from one that claims to be whole; none where none does.
 */
export function foldRecords(events: readonly StructureEvent[]): Expected {
  const [first] = events;
  if (first === undefined) return { kind: "never recorded" };
  const from = events.findLastIndex(({ record }) => record?.whole === true);
  if (from === -1) return { kind: "unknown", reason: `${first.what} without a record of it` };
  let objects: PartDigests = {};
  let last: StructureRecord | null = null;
  for (const { what, record } of events.slice(from)) {
    if (record === null) return { kind: "unknown", reason: `${what} without a record of it` };
    objects = changed(record.whole ? {} : objects, record.parts);
    last = record;
  }
  if (last === null || fingerprintOf(objects) !== last.fingerprint) {
    return { kind: "unknown", reason: "the records of what was run do not add up" };
  }
  const { server, schemas, fingerprint } = last;
  const structure = { server, schemas, fingerprint, objects, sight: last.sight ?? 1 };
  return { kind: "known", structure, since: events.at(-1)?.what ?? "" };
}

/** Why two structures cannot be compared; null when they can. */
function hindrance(expected: Structure, live: Structure): string | null {
  if (expected.server !== live.server) {
    return `it was recorded on PostgreSQL ${expected.server}, and ${live.server} may print the same definitions in other words`;
  }
  if (expected.schemas.join("\n") !== live.schemas.join("\n")) {
    return `it was recorded for the schemas ${expected.schemas.join(", ")}, and those of the stack are ${live.schemas.join(", ")}`;
  }
  return null;
}

/** What differs between what should be there and what is. */
export function compareStructure(expected: Expected, live: Structure): Comparison {
  if (expected.kind === "never recorded") return expected;
  if (expected.kind === "unknown") return { kind: "not compared", reason: expected.reason };
  const reason = hindrance(expected.structure, live);
  if (reason !== null) return { kind: "not compared", reason };
  const { sight: seen = sight } = expected.structure;
  const isKnown = ({ object, part, change }: SnapshotDifference): boolean =>
    !(part === orderOfColumns && change === "new") && !isBeyond(seen, object, part);
  const differences = compareDigests(expected.structure, live).filter(isKnown);
  return { kind: "compared", since: expected.since, differences };
}

/** What of the live structure is not as it should be, before a run: null for what is not there. Empty when unknown. */
export function deviationsOf(expected: Expected, live: Structure): PartChanges {
  if (expected.kind !== "known" || hindrance(expected.structure, live) !== null) return {};
  const { objects, sight: seen = sight } = expected.structure;
  const found = Object.entries(changesBetween(objects, live.objects)).map(
    ([object, parts]): [string, Readonly<Record<string, string | null>>] => [
      object,
      Object.fromEntries(Object.entries(parts).filter(([part]) => !isBeyond(seen, object, part))),
    ],
  );
  return Object.fromEntries(found.filter(([, parts]) => Object.keys(parts).length > 0));
}

/** What a run records, and what should be there from then on: the records up to this one, added up. */
interface RunRecord {
  readonly record: StructureRecord;
  readonly structure: Structure;
}

/**
 * The record of a run: what it changed. What deviated before it, and is still the same, stays a deviation.
 *
 * @param deviations  Of before the run (see deviationsOf).
 * @param live        What is there after it.
 */
export function recordOfRun(
  expected: Expected,
  deviations: PartChanges,
  live: Structure,
): RunRecord {
  if (expected.kind !== "known" || hindrance(expected.structure, live) !== null) {
    return { record: wholeRecord(live), structure: live };
  }
  const { objects } = expected.structure;
  const kept: Record<string, Record<string, string | null>> = {};
  for (const [object, parts] of Object.entries(deviations)) {
    const isUntouched = (part: string): boolean =>
      (live.objects[object]?.[part] ?? null) === (parts[part] ?? null);
    // Where the run touched the columns too, which order is right cannot be told, and is not asked for any more.
    const isOrdered = Object.keys(parts).every(
      (part) => isUntouched(part) || !(part === orderOfColumns || part.startsWith("column ")),
    );
    const own = Object.keys(parts).flatMap((part): [string, string | null][] => {
      if (part === orderOfColumns && !isOrdered) return [[part, null]];
      return isUntouched(part) ? [[part, objects[object]?.[part] ?? null]] : [];
    });
    if (own.length > 0) kept[object] = Object.fromEntries(own);
  }
  const wanted = changed(live.objects, kept);
  const { server, schemas } = live;
  const fingerprint = fingerprintOf(wanted);
  return {
    record: {
      ...{ server, schemas, fingerprint, sight, whole: false },
      parts: changesBetween(objects, wanted),
    },
    structure: { server, schemas, fingerprint, objects: wanted },
  };
}
