/**
 * Words for everything that can go wrong: one line with what, where, SQLSTATE and what to do. Pure.
 * Does NOT log and never shows a secret (what must not appear is handed in and blanked).
 */

/** A refusal of this plugin's own; its message is ready to be shown. */
export class PluginError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PluginError";
  }
}

/** A resource type that only the official plugin has. */
export class UnsupportedTypeError extends Error {
  constructor(type: string) {
    super(
      `the air-gap postgresql plugin has no resource type ${type}: it takes the official plugin's place for Role, Schema, Extension and GrantRole only`,
    );
    this.name = "UnsupportedTypeError";
  }
}

/** Where something failed: enough to say which server and login, nothing to log in with. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** What PostgreSQL or the socket says of a failure. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly detail: string;
  readonly hint: string;
}

type Remedy = (place: Endpoint) => string;

const address = (place: Endpoint): string => `${place.host}:${place.port}`;
const unreachable: Remedy = (place) =>
  `Is a PostgreSQL server listening on ${address(place)}, and may this machine reach it?`;

const untrusted: Remedy = (place) =>
  `${address(place)} shows a certificate this machine does not trust: check the provider's sslrootcert.`;

/** What to do, by SQLSTATE or by the code of a socket error. */
const REMEDIES: Readonly<Record<string, Remedy>> = {
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  ENOENT: unreachable,
  ENOTFOUND: (place) =>
    `No address is known for the host ${place.host}: check the provider's host.`,
  EAI_AGAIN: (place) =>
    `No address is known for the host ${place.host}: check the provider's host.`,
  CERT_HAS_EXPIRED: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: (place) =>
    `The certificate of ${address(place)} is for another name: check the provider's host.`,
  "28000": (place) =>
    `${address(place)} does not let the user "${place.user}" in: check LOGIN, pg_hba.conf and sslmode.`,
  "28P01": (place) => `Check the password of the user "${place.user}" at ${address(place)}.`,
  "3D000": (place) => `Create the database on ${address(place)} first, or check its name.`,
  "42501": (place) =>
    `The user "${place.user}" lacks a right: it must own the database, have CREATEROLE and, since PostgreSQL 16, ADMIN on a role it changes.`,
  "42710": () => "It is there already: take it over with pulumi import.",
  "42P06": () => "It is there already: take it over with pulumi import, or set ifNotExists.",
  "42704": () => "Create what is missing first, and let this resource depend on it.",
  "0A000": () => "The server lacks it: check what it was installed with.",
  "58P01": () => "The server lacks the file: is the extension installed on it?",
  "2BP01": () => "Remove what depends on it first; objects in other databases count too.",
  "53300": () => "The server has no connection left: lower the provider's maxConnections.",
  "55P03": () => "Another session holds a lock on it: try again when that one has finished.",
  "57014": () => "It was cancelled or took too long.",
  "57P01": () => "The session was ended; nothing was changed. Run it again.",
  "0LP01": () => "The membership would be circular.",
};

function property(error: object, name: string): string {
  const value: unknown = Object.entries(Object.getOwnPropertyDescriptors(error)).find(
    ([key]) => key === name,
  )?.[1].value;
  return typeof value === "string" ? value : "";
}

function read(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: "", message: String(error), detail: "", hint: "" };
  // Several addresses of one host failed: the first failure says it.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  if (first instanceof Error && error.message === "") return read(first);
  return {
    code: property(error, "code"),
    message: error.message,
    detail: property(error, "detail"),
    hint: property(error, "hint"),
  };
}

const SQLSTATE = /^[0-9A-Z]{5}$/;
const isSqlState = (code: string): boolean => SQLSTATE.test(code) && /\d/.test(code);

/** The SQLSTATE of a failure, or "" when it has none. */
export function sqlState(error: unknown): string {
  const { code } = read(error);
  return isSqlState(code) ? code : "";
}

/** What the driver says without a code, and Azure with a code of which nothing is written. */
const UNCODED: readonly (readonly [RegExp, Remedy])[] = [
  [
    /is not allow-listed for "azure_pg_admin"/,
    () => "Add its name to the server parameter azure.extensions, and run it again.",
  ],
  [
    /Only members of "azure_pg_admin" are allowed/,
    (place) => `Make the user "${place.user}" a member of azure_pg_admin.`,
  ],
  [
    /timeout expired|due to connection timeout|timeout exceeded when trying to connect/,
    unreachable,
  ],
  [
    /does not support SSL/,
    (place) =>
      `${address(place)} has no TLS: turn it on there, or set sslmode to disable on a network you trust.`,
  ],
];

const VERIFIER = /SCRAM-SHA-256\$[^\s'"]+|\bmd5[0-9a-f]{32}\b/g;

/**
 * Words a failure in one line.
 *
 * @param subject  Of whom: `Role "x"`.
 * @param error    Anything thrown.
 * @param place    Which server and login; undefined before the provider is configured.
 * @param secrets  Texts that must not appear; empty ones are skipped.
 */
export function describeError(
  subject: string,
  error: unknown,
  place: Endpoint | undefined,
  secrets: readonly string[],
): string {
  const { code, message, detail, hint } = read(error);
  const isOwn = error instanceof PluginError;
  const remedy = UNCODED.find(([form]) => form.test(message))?.[1] ?? REMEDIES[code];
  const parts = [
    isSqlState(code) ? `${message} (SQLSTATE ${code})` : message === "" ? code : message,
    detail,
    hint === "" ? "" : hint,
    !isOwn && place !== undefined ? (remedy?.(place) ?? "") : "",
  ];
  const line = parts
    .map((part) => part.replaceAll(/\s+/g, " ").trim())
    .filter((part) => part !== "")
    .map((part) => (/[.?!]$/.test(part) ? part : `${part}.`))
    .join(" ");
  return secrets
    .filter((secret) => secret !== "")
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), `${subject}: ${line}`)
    .replaceAll(VERIFIER, "[secret]");
}
