/**
 * What travels between engine and plugin: secrets and unknown values inside structs. Pure.
 * Does NOT know any resource, nor gRPC (see service).
 * Source: Pulumi, provider protocol, "property values" (the signatures are fixed by the engine).
 */

/** A value as the protocol's structs hold it. */
export type Value = null | boolean | number | string | readonly Value[] | Values;

/** Properties by name. */
export interface Values {
  readonly [key: string]: Value;
}

/** Stands in a preview for a value that is not known before the update. Never parse it, never put it into SQL. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Properties in plain, and which of them held a secret anywhere inside. */
export interface Received {
  readonly values: Values;
  readonly secretKeys: ReadonlySet<string>;
}

function isValues(value: Value): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Makes a parsed struct a `Value`; whatever JSON cannot hold becomes null. */
function toValue(raw: unknown): Value {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === "string" || typeof raw === "boolean" || typeof raw === "number") return raw;
  if (Array.isArray(raw)) return raw.map(toValue);
  if (typeof raw !== "object") return null;
  return Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, toValue(value)]));
}

function holdsSecret(value: Value): boolean {
  if (Array.isArray(value)) return value.some(holdsSecret);
  if (!isValues(value)) return false;
  return value[SIGNATURE_KEY] === SECRET_SIGNATURE || Object.values(value).some(holdsSecret);
}

/** Takes every secret wrapper off. */
function unwrapValue(value: Value): Value {
  if (Array.isArray(value)) return value.map(unwrapValue);
  if (!isValues(value)) return value;
  if (value[SIGNATURE_KEY] === SECRET_SIGNATURE) return unwrapValue(value.value ?? null);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapValue(inner)]));
}

/**
 * Reads properties that arrived: secrets unwrapped, and the engine's own `__` keys left out.
 *
 * @param raw  A struct as plain JavaScript; undefined when the request has none.
 */
export function receive(raw: unknown): Received {
  const value = toValue(raw);
  const entries = isValues(value)
    ? Object.entries(value).filter(([key]) => !key.startsWith("__"))
    : [];
  return {
    values: Object.fromEntries(entries.map(([key, inner]) => [key, unwrapValue(inner)])),
    secretKeys: new Set(entries.filter(([, inner]) => holdsSecret(inner)).map(([key]) => key)),
  };
}

/** Wraps the named properties as secrets, a null too, so that the engine encrypts them in its state. */
export function wrapSecrets(values: Values, secretKeys: ReadonlySet<string>): Values {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      secretKeys.has(key) ? { [SIGNATURE_KEY]: SECRET_SIGNATURE, value } : value,
    ]),
  );
}

/** Says whether a value is unknown, wholly or in part. */
export function isUnknown(value: Value): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(isUnknown);
  return isValues(value) && Object.values(value).some(isUnknown);
}
