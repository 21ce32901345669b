/**
 * The seal on what a run writes into the events: a signature of all that the event says, by a key that only the run's own
 * process holds. The admin records the other half of the key when the run begins, so that nobody who may only write events
 * can speak for a run.
 * Pure. Does NOT make keys (see run/sealer.ts) or say which events count (see vouchedRuns.ts).
 */
import { createPublicKey, verify } from "node:crypto";

/** What a seal covers: all that a run may say. Time, number and login are the server's. */
export interface SealedEvent {
  readonly run: string | null;
  readonly kind: string;
  readonly version: string | null;
  readonly segment: number | null;
  readonly checksum: string | null;
  readonly rollbackChecksum: string | null;
  readonly ticket: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same text for the same value, in whatever order a database gives its keys back. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const parts = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${parts.join(",")}}`;
}

/** What is signed. */
export function sealedText(event: SealedEvent): Buffer {
  const { run, kind, version, segment, checksum, rollbackChecksum, ticket, detail } = event;
  const said = Object.fromEntries(Object.entries(detail).filter(([key]) => key !== "seal"));
  return Buffer.from(
    canonical([run, kind, version, segment, checksum, rollbackChecksum, ticket, said]),
  );
}

/** The seal of an event, "" for none. */
export const sealOf = ({ detail }: Pick<SealedEvent, "detail">): string =>
  typeof detail["seal"] === "string" ? detail["seal"] : "";

/**
 * Whether the event says what was sealed.
 *
 * @param key  As the admin has recorded it: base64 of the public key's DER (SPKI, Ed25519). What is no key seals nothing.
 */
export function isSealed(event: SealedEvent, key: string): boolean {
  const seal = sealOf(event);
  if (seal === "") return false;
  try {
    const der = { key: Buffer.from(key, "base64"), format: "der", type: "spki" } as const;
    const publicKey = createPublicKey(der);
    return verify(null, sealedText(event), publicKey, Buffer.from(seal, "base64"));
  } catch {
    return false;
  }
}
