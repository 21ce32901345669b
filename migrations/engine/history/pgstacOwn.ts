/**
 * Tells what PgSTAC made itself from what somebody else has changed in it: by a digest of each of its objects, as each
 * version that this program installs leaves them. Pure.
 * Does NOT look at owners and privileges, or at the partitions that PgSTAC makes as items arrive (schemaSnapshot.ts).
 */
import { createHash } from "node:crypto";

import {
  type Fingerprint,
  fingerprintedOn,
  pgstacFingerprints,
} from "../../../pgstac/hardening/fingerprints";
import { addedConstraints } from "../../../pgstac/hardening/hardening";
import type { SchemaSnapshot, SnapshotLine } from "./snapshot";

/** What PgSTAC made: in its schema, and its role's. Both are its own names, on every server. */
const isInPgstac = /^[a-z ]+ pgstac\./;
const ownedByPgstac = "owner pgstac_admin";

/** What differs is told under this name, since the version that it differs from is PgSTAC's and no migration's. */
const pgstacsOwn = "PgSTAC's own";

/** Hexadecimal digits of an object's digest: one change in four billion goes unseen. */
const digits = 8;

/** Indexes that PgSTAC makes of its table of queryables, in the name of a row: `q12_1a2b…_idx`. */
const queryableIndex = /^index "?_?q\d+_/;

/** As PgSTAC or this program writes it, and both are right. */
const eitherSearchPath = /^ SET search_path TO .*\n/m;

/** Parts that come and go as the application works, or that this program adds. */
const isRuntime = ({ part }: SnapshotLine): boolean =>
  queryableIndex.test(part) || addedConstraints.some(({ name }) => part === `constraint ${name}`);

/** Another major of the server prints a view's definition in other words. */
const isPrinted = ({ part }: SnapshotLine): boolean => part === "definition";

/** Digest of each of PgSTAC's own objects, with and without what only one major of the server prints so. */
export function digestPgstac(own: SchemaSnapshot, server: number): Fingerprint {
  const lines = new Map<string, string[]>();
  for (const line of own) {
    const { object, part, text, isPrivilege } = line;
    if (isPrivilege || isRuntime(line)) continue;
    const of = isPrinted(line) ? `${part} of ${object}` : object;
    const said = JSON.stringify([part, text.replace(eitherSearchPath, "")]);
    lines.set(of, [...(lines.get(of) ?? []), said]);
  }
  const sum = (all: readonly string[]): string =>
    createHash("sha256")
      .update([...all].sort().join("\n"))
      .digest("hex")
      .slice(0, digits);
  return Object.fromEntries(
    [...lines]
      .filter(([of]) => server === fingerprintedOn || !of.startsWith("definition of "))
      .map(([of, all]) => [of, sum(all)]),
  );
}

/** The lines of what PgSTAC's role owns in its schema. */
export function pgstacsLines(snapshot: SchemaSnapshot): SchemaSnapshot {
  const own = new Set(
    snapshot
      .filter(({ object, text }) => text === ownedByPgstac && isInPgstac.test(object))
      .map(({ object }) => object),
  );
  return snapshot.filter(({ object }) => own.has(object));
}

const differing = (known: Fingerprint, found: Fingerprint, server: number): SchemaSnapshot => {
  const line = (part: string, text: string): SnapshotLine => ({
    ...{ object: pgstacsOwn, part, text, isPrivilege: false },
  });
  const missing = Object.keys(known)
    .filter((of) => server === fingerprintedOn || !of.startsWith("definition of "))
    .filter((of) => found[of] === undefined)
    .map((of) => line(`without ${of}`, "missing"));
  const others = Object.entries(found).flatMap(([of, digest]) => {
    if (known[of] === digest) return [];
    return [line(`${known[of] === undefined ? "with" : "changed"} ${of}`, digest)];
  });
  return [...missing, ...others];
};

/** A version that differs in more than this part of its objects is another one, of which nothing is known here. */
const mostDiffering = 0.25;

/**
 * The snapshot with, in place of what PgSTAC's role owns in its schema, one line for each object that is not as its
 * version leaves it: missing, changed, or made by somebody else in its name. Nothing for a version that is not known here.
 *
 * @param server  Major version.
 */
export function withoutPgstacsOwn(snapshot: SchemaSnapshot, server: number): SchemaSnapshot {
  const own = pgstacsLines(snapshot);
  if (own.length === 0) return snapshot;
  const dropped = new Set(own.map(({ object }) => object));
  const rest = snapshot.filter(({ object }) => !dropped.has(object));
  const found = digestPgstac(own, server);
  const [nearest] = pgstacFingerprints
    .map((known) => ({ known, differences: differing(known, found, server) }))
    .sort((a, b) => a.differences.length - b.differences.length);
  if (nearest === undefined) return rest;
  const { known, differences } = nearest;
  const isKnown = differences.length <= mostDiffering * Object.keys(known).length;
  return isKnown ? [...rest, ...differences] : rest;
}
