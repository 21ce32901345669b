/**
 * Makes the sandbox's own configuration of a stack from the committed one, which is never changed. Pure.
 * Does NOT decide any value: it only takes away what the sandbox cannot read.
 */
import { parse, stringify } from "yaml";

/** Keys of a stack's file that say how its secrets are encrypted. */
const ENCRYPTION_KEYS = ["secretsprovider", "encryptionsalt", "encryptedkey"] as const;

/**
 * The text of the sandbox's file for a stack.
 *
 * @param committed  Text of `Pulumi.<stack>.yaml`; empty when there is none.
 * @param salt       The sandbox's own, as `pulumi stack init` made it.
 * @param defaults   Values of keys that the committed file does not have.
 * @returns          The committed values, less everything encrypted (no other passphrase can read it).
 */
export function sandboxConfig(
  committed: string,
  salt: string,
  defaults: Readonly<Record<string, string>> = {},
): string {
  const settings = (parse(committed) ?? {}) as Record<string, unknown>;
  const kept = Object.entries(settings).filter(
    ([key]) => !(ENCRYPTION_KEYS as readonly string[]).includes(key),
  );
  const own = withoutSecrets(Object.fromEntries(kept)) as Record<string, unknown>;
  const config = { ...defaults, ...(own["config"] as Record<string, unknown> | undefined) };
  const heading = "# Made by make from the committed file of this stack; changes here are lost.\n";
  const values = Object.keys(config).length === 0 ? own : { ...own, config };
  return heading + stringify({ ...values, encryptionsalt: salt });
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isSecret(item)).map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, item]) => !isSecret(item));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutSecrets(item)]));
}

/** An encrypted value is an object with the one key `secure`. */
export function isSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === "secure";
}
