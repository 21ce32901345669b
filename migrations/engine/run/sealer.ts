/**
 * Seals what one run writes into the events. The key is made for it and never leaves this process.
 * Does NOT write events, or check a seal (see history/seal.ts).
 */
import { generateKeyPairSync, sign } from "node:crypto";

import { type SealedEvent, sealedText } from "../history/seal";
import type { NewEvent } from "../ledger/ledger";

const asRead = (event: NewEvent): SealedEvent => ({
  ...{ run: event.run ?? null, kind: event.kind, version: event.version ?? null },
  ...{ segment: event.segment ?? null, checksum: event.checksum ?? null },
  ...{ rollbackChecksum: event.rollbackChecksum ?? null, ticket: event.ticket ?? null },
  // As the database gives it back.
  detail: JSON.parse(JSON.stringify(event.detail ?? {})) as Readonly<Record<string, unknown>>,
});

export class Sealer {
  private readonly keys = generateKeyPairSync("ed25519");

  /** What the admin records, so that seals can be checked. */
  get publicKey(): string {
    return this.keys.publicKey.export({ format: "der", type: "spki" }).toString("base64");
  }

  /** The event with its seal. */
  sealed(event: NewEvent): NewEvent {
    const seal = sign(null, sealedText(asRead(event)), this.keys.privateKey).toString("base64");
    return { ...event, detail: { ...event.detail, seal } };
  }
}
