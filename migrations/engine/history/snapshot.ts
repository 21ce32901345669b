/**
 * What a schema snapshot is, and what differs between two of them. Pure.
 * Does NOT read the catalogs (see schemaSnapshot.ts) or judge a difference.
 */
import { createHash } from "node:crypto";

import { cutBetweenWords } from "../../../stack/cutText";
import { memo } from "../../../stack/memo";
import { printable } from "../../../stack/printable";

/** One property of one object, in words that do not depend on object ids. */
export interface SnapshotLine {
  /** With its kind and schema: `table dagapp.jobs`, `function dagapp.seed()`. */
  readonly object: string;
  /** What of the object: `itself`, `column status`, `index idx_jobs_status`, … */
  readonly part: string;
  readonly text: string;
  /** Owners and privileges: they have an owner of their own and are no part of the structure. */
  readonly isPrivilege: boolean;
}

/** Everything in a set of schemas. Equal snapshots mean equal schemas, whatever the order in which they were read. */
export type SchemaSnapshot = readonly SnapshotLine[];

/** How a part of an object differs. */
type DifferenceKind = "new" | "gone" | "changed";

/** One part of one object that two snapshots do not agree on. */
export interface SnapshotDifference {
  readonly object: string;
  readonly part: string;
  readonly change: DifferenceKind;
  /** Its lines before and after; empty where it is new or gone, and where only digests are known. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Digest of each part of each object. */
export type PartDigests = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is kept of a snapshot: enough to say later which objects have changed since. */
export interface SchemaDigest {
  /** Of all parts together. */
  readonly fingerprint: string;
  readonly objects: PartDigests;
  /** Major version of the server: another one may print the same definition in other words. */
  readonly server: number;
}

/** Hexadecimal digits of a part's digest: one change in four billion goes unseen. */
const partDigits = 8;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Object, then part, then its lines in order. */
type Grouped = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

function group(snapshot: SchemaSnapshot): Grouped {
  const objects = new Map<string, Map<string, string[]>>();
  for (const { object, part, text } of snapshot) {
    const parts = objects.get(object) ?? new Map<string, string[]>();
    objects.set(object, parts.set(part, [...(parts.get(part) ?? []), text]));
  }
  for (const parts of objects.values()) for (const lines of parts.values()) lines.sort(byText);
  return objects;
}

const sorted = <T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] =>
  Object.entries(record).sort(([a], [b]) => byText(a, b));

/** Texts of objects that are not changed in place: a run asks for them again and again. */
const textsOfObjects = new WeakMap<object, { readonly object: string; readonly text: string }>();

function textOfObject(object: string, parts: Readonly<Record<string, string>>): string {
  const known = textsOfObjects.get(parts);
  if (known?.object === object) return known.text;
  const text = JSON.stringify([object, sorted(parts)]);
  textsOfObjects.set(parts, { object, text });
  return text;
}

/**
 * One digest of all parts; the order in which they stand does not matter. A run asks for it again and again of objects
 * that are still the same.
 */
export const fingerprintOf = memo(
  (objects: PartDigests): string =>
    `sha256:${sha256(
      `[${sorted(objects)
        .map(([object, parts]) => textOfObject(object, parts))
        .join(",")}]`,
    )}`,
);

/** Reduces a snapshot to digests. The order of its lines does not matter. */
export function digestSnapshot(snapshot: SchemaSnapshot, server: number): SchemaDigest {
  const objects = Object.fromEntries(
    [...group(snapshot)].map(([object, parts]): [string, Record<string, string>] => [
      object,
      Object.fromEntries(
        [...parts].map(([part, lines]) => [
          part,
          sha256(JSON.stringify(lines)).slice(0, partDigits),
        ]),
      ),
    ]),
  );
  return { fingerprint: fingerprintOf(objects), objects, server };
}

/** Parts that one side has, with what it says of them; "" for none. */
type Sides<T> = ReadonlyMap<string, ReadonlyMap<string, T>>;

function compareSides<T>(
  before: Sides<T>,
  after: Sides<T>,
  linesOf: (value: T) => readonly string[],
  same: (a: T, b: T) => boolean,
): readonly SnapshotDifference[] {
  const differences: SnapshotDifference[] = [];
  const objects = [...new Set([...before.keys(), ...after.keys()])].sort(byText);
  for (const object of objects) {
    const [was, is] = [before.get(object), after.get(object)];
    const parts = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort(byText);
    for (const part of parts) {
      const [a, b] = [was?.get(part), is?.get(part)];
      if (a !== undefined && b !== undefined && same(a, b)) continue;
      differences.push({
        object,
        part,
        change: a === undefined ? "new" : b === undefined ? "gone" : "changed",
        before: a === undefined ? [] : linesOf(a),
        after: b === undefined ? [] : linesOf(b),
      });
    }
  }
  return withoutEchoes(differences);
}

/** Named by schemaSnapshot.ts. A column that comes or goes changes the order too, which needs no second mention. */
export const orderOfColumns = "order of columns";

/** Whether columns only stand in another order: no PostgreSQL statement puts one back where it was. */
export const isOrderOnly = ({ part, change }: SnapshotDifference): boolean =>
  part === orderOfColumns && change === "changed";

/** Leaves out what another difference says already: parts of an object that is new or gone as a whole. */
function withoutEchoes(differences: readonly SnapshotDifference[]): readonly SnapshotDifference[] {
  const whole = new Map<string, DifferenceKind>();
  const withColumns = new Set<string>();
  for (const { object, part, change } of differences) {
    if (change === "changed") continue;
    if (part === "itself") whole.set(object, change);
    if (part.startsWith("column ")) withColumns.add(object);
  }
  const isSaid = ({ object, part, change }: SnapshotDifference): boolean =>
    part === orderOfColumns
      ? withColumns.has(object)
      : part !== "itself" && whole.get(object) === change;
  return differences.filter((difference) => !isSaid(difference));
}

/** What differs, by object and part. Empty for equal schemas. */
export function compareSnapshots(
  before: SchemaSnapshot,
  after: SchemaSnapshot,
): readonly SnapshotDifference[] {
  const text = (lines: readonly string[]): string => JSON.stringify(lines);
  return compareSides(
    group(before),
    group(after),
    (lines) => lines,
    (a, b) => text(a) === text(b),
  );
}

/** What differs between digests: the parts, without what they say. Empty when the fingerprints are equal. */
export function compareDigests(
  before: SchemaDigest,
  after: SchemaDigest,
): readonly SnapshotDifference[] {
  if (before.fingerprint === after.fingerprint) return [];
  const sides = ({ objects }: SchemaDigest): Sides<string> =>
    new Map(
      Object.entries(objects).map(([object, parts]) => [object, new Map(Object.entries(parts))]),
    );
  return compareSides(
    sides(before),
    sides(after),
    () => [],
    (a, b) => a === b,
  );
}

/** Most characters of a definition that a message shows. */
const longestShown = 160;

const shown = (lines: readonly string[]): string => {
  const text = lines.join("; ").replace(/\s+/g, " ");
  return text.length > longestShown ? `${cutBetweenWords(text, longestShown)} …` : text;
};

/** One line: `table dagapp.jobs: column status is gone (text NOT NULL)`. */
export const describeDifference = (difference: SnapshotDifference): string =>
  printable(differenceText(difference));

function differenceText(difference: SnapshotDifference): string {
  const { object, part, change, before, after } = difference;
  const subject = part === "itself" ? object : `${object}: ${part}`;
  if (change !== "changed") {
    const text = shown(change === "new" ? after : before);
    return `${subject} is ${change}${text === "" ? "" : ` (${text})`}`;
  }
  const lost = shown(before.filter((line) => !after.includes(line)));
  const gained = shown(after.filter((line) => !before.includes(line)));
  if (lost === "" && gained === "") return `${subject} has changed`;
  return `${subject} was ${lost || "without"}, is ${gained || "without"}`;
}

/** One line each, cut short when there are many. */
export function listDifferences(
  differences: readonly SnapshotDifference[],
  most = Infinity,
): readonly string[] {
  const more = differences.length - most;
  return [
    ...differences.slice(0, most).map(describeDifference),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

/** `1 object was`, `12 objects were` */
export function countObjects(differences: readonly SnapshotDifference[]): string {
  const count = new Set(differences.map(({ object }) => object)).size;
  return count === 1 ? "1 object was" : `${count} objects were`;
}
