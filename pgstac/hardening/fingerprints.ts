/**
 * What each version of PgSTAC leaves in its schema, by a digest of each object: installed, and upgraded to, where that
 * differs. Pure data; npm run pgstac-fingerprints writes the tables anew from real installations.
 * Does NOT compute a digest (migrations/engine/history/pgstacOwn.ts).
 */
import { fingerprint0100 } from "./fingerprint0100";
import { fingerprint0912 } from "./fingerprint0912";
import { fingerprint0912To0100 } from "./fingerprint0912To0100";

/** Digest by object. */
export type Fingerprint = Readonly<Record<string, string>>;

/** Major of the server that they were taken on: definitions of views are only compared there. */
export const fingerprintedOn = 15;

export const pgstacFingerprints: readonly Fingerprint[] = [
  fingerprint0912,
  fingerprint0100,
  fingerprint0912To0100,
];
