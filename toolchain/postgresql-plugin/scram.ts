/**
 * Turns a password into what PostgreSQL stores for it, so that the plain text never reaches the server or its log. Pure
 * but for the random salt, which may be given.
 * Does NOT check a password's strength.
 * Source: RFC 5802, RFC 7677; PostgreSQL, "SCRAM-SHA-256 Authentication" and pg_authid.rolpassword.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

import { saslprep } from "./saslprep";

/** PostgreSQL's own number of rounds (`scram_iterations`). */
const ITERATIONS = 4096;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** The two forms the server recognises as already hashed; anything else is a password. */
const ALREADY_HASHED = [
  /^md5[0-9a-f]{32}$/,
  /^SCRAM-SHA-256\$[1-9]\d*:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
];

/** Says whether the server would store this text as it is. */
export function isHashedPassword(password: string): boolean {
  return ALREADY_HASHED.some((form) => form.test(password));
}

/** What a verifier is made with when it must be a known one (tests, a stored verifier). */
export interface ScramParameters {
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/**
 * Returns the SCRAM-SHA-256 verifier of a password: `SCRAM-SHA-256$<rounds>:<salt>$<StoredKey>:<ServerKey>`.
 *
 * @param password    Plain text.
 * @param parameters  Salt and rounds; a random salt and PostgreSQL's rounds when absent.
 */
export function scramVerifier(password: string, parameters?: ScramParameters): string {
  const salt = parameters?.salt ?? randomBytes(SALT_BYTES);
  const iterations = parameters?.iterations ?? ITERATIONS;
  const salted = pbkdf2Sync(saslprep(password), salt, iterations, KEY_BYTES, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString("base64")}$${storedKey}:${serverKey}`;
}

/** Returns the text for `PASSWORD '…'`: a hashed password passes through, any other becomes a verifier. */
export function storedPassword(password: string): string {
  return isHashedPassword(password) ? password : scramVerifier(password);
}
