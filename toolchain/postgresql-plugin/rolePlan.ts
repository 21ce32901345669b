/**
 * Decides what an ALTER ROLE must say. Pure: properties in, clauses out.
 * Does NOT quote nor run SQL (see role).
 */
import { textOf } from "./resource";
import type { Values } from "./wire";

/** Attributes that are on or off, and their words. */
const FLAGS: Readonly<Record<string, readonly [on: string, off: string]>> = {
  superuser: ["SUPERUSER", "NOSUPERUSER"],
  login: ["LOGIN", "NOLOGIN"],
  inherit: ["INHERIT", "NOINHERIT"],
  createRole: ["CREATEROLE", "NOCREATEROLE"],
  createDatabase: ["CREATEDB", "NOCREATEDB"],
  replication: ["REPLICATION", "NOREPLICATION"],
  bypassRowLevelSecurity: ["BYPASSRLS", "NOBYPASSRLS"],
};

/** What CREATE ROLE makes when it says nothing. */
export const FRESH_ROLE: Values = {
  superuser: false,
  login: false,
  inherit: true,
  createRole: false,
  createDatabase: false,
  replication: false,
  bypassRowLevelSecurity: false,
  connectionLimit: -1,
  validUntil: "infinity",
};

/**
 * Returns the clauses that bring a role's attributes from `live` to `wanted`. What does not differ is not named: naming
 * REPLICATION or BYPASSRLS at all needs rights the login may not have.
 *
 * @param quote  Makes a text an SQL literal.
 */
export function attributeClauses(
  live: Values,
  wanted: Values,
  quote: (text: string) => string,
): readonly string[] {
  const clauses = Object.entries(FLAGS)
    .filter(([property]) => live[property] !== wanted[property])
    .map(([property, [on, off]]) => (wanted[property] === true ? on : off));
  if (live.connectionLimit !== wanted.connectionLimit) {
    clauses.push(`CONNECTION LIMIT ${Number(wanted.connectionLimit)}`);
  }
  if (live.validUntil !== wanted.validUntil)
    clauses.push(`VALID UNTIL ${quote(textOf(wanted.validUntil))}`);
  return clauses;
}

/** What happens to the password. `clear` is PASSWORD NULL. */
export type PasswordStep =
  | { readonly kind: "keep" }
  | { readonly kind: "clear" }
  | { readonly kind: "set"; readonly password: string };

/**
 * Decides about the password from old outputs and wanted properties. The server does not show it, so only a changed
 * `password` or `passwordWoVersion` says that it must be set; a rename sets it again, since it voids an md5 hash.
 */
export function passwordStep(olds: Values, wanted: Values): PasswordStep {
  const password = textOf(wanted.password) || textOf(wanted.passwordWo);
  const isChanged =
    textOf(olds.password) !== textOf(wanted.password) ||
    textOf(olds.passwordWoVersion) !== textOf(wanted.passwordWoVersion);
  const isRenamed = textOf(olds.name) !== textOf(wanted.name);
  if (password === "") return isChanged ? { kind: "clear" } : { kind: "keep" };
  return isChanged || isRenamed ? { kind: "set", password } : { kind: "keep" };
}

/** The list `wanted` and `live` differ by. */
export function listDifference(
  live: readonly string[],
  wanted: readonly string[],
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  return {
    added: wanted.filter((item) => !live.includes(item)),
    removed: live.filter((item) => !wanted.includes(item)),
  };
}
