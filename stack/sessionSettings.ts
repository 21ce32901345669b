/**
 * The settings that decide how SQL is read and how answers are written: what every session forces, whatever database and
 * role have stored, and how it is seen that the server took them.
 * Pure. Does NOT connect (see connection.ts).
 */
import { MigrationError } from "./errors";

/**
 * One text has one meaning under these, in every tier. A session asks for them as it starts, which goes before ALTER
 * DATABASE and ALTER ROLE. In the words in which the server shows them.
 * Source: postgresql.org/docs/current/config-setting.html, runtime-config-client.html, runtime-config-compatible.html
 */
export const readingSettings: Readonly<Record<string, string>> = {
  standard_conforming_strings: "on",
  client_encoding: "UTF8",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  // The one zone that PostgreSQL knows without its files of time zones: a timestamp without a zone means the same everywhere.
  TimeZone: "GMT",
  quote_all_identifiers: "off",
  bytea_output: "hex",
  extra_float_digits: "1",
  transform_null_equals: "off",
  array_nulls: "on",
  backslash_quote: "safe_encoding",
  xmloption: "content",
};

/** What else a stored setting could do to a session: end it, make it refuse writes, or hide rows from it. */
const sessionSettings: Readonly<Record<string, string>> = {
  idle_session_timeout: "0",
  row_security: "on",
  default_transaction_isolation: "read committed",
  default_transaction_deferrable: "off",
};

/** What every session asks for as it starts. */
export const forcedSettings: Readonly<Record<string, string>> = {
  ...readingSettings,
  ...sessionSettings,
};

/**
 * In every session of this program. `client_connection_check_interval` lets the server end the running statement
 * within two seconds when this process is killed: nothing then goes on behind the next run's back.
 */
export const checkInterval = ["client_connection_check_interval", "2s"] as const;

/** Not to be had at the start: older servers do not know it, and refuse whoever asks. Lifted where it is known. */
const lifted = "transaction_timeout";

/** Only an administrator may change it, so it is looked at: under "replica" no trigger and no foreign key looks at rows. */
const untouchable = ["session_replication_role", "origin"] as const;

/** What we connect to is a pooler that shares the server's processes between sessions, or drops settings. */
export class PooledConnectionError extends MigrationError {
  readonly code = "POOLED_CONNECTION";
}

/** In which the sessions of this program differ. */
export const ownOfSession: ReadonlySet<string> = new Set([
  "default_transaction_read_only",
  "search_path",
  "role",
]);

/** What is seen of a pooler in transaction mode. */
export const sharedProcess = "one session has several server processes, one after the other";

/** @param where  "host:port". @param what  What was seen, as half a sentence. */
export const pooledError = (where: string, what: string): PooledConnectionError =>
  new PooledConnectionError(
    `${where} is not PostgreSQL itself but a pooler: ${what}.`,
    "Connect to the server (Azure: port 5432, not 6432), or to a pool in session mode that passes settings on.",
  );

/** The server answers under another setting than the session asked for. */
export class SessionSettingError extends MigrationError {
  readonly code = "SESSION_SETTING";
}

/** What a session looks like once it has started. */
export interface SessionLook {
  /** The server takes no writes. */
  readonly follows: boolean;
  /** Settings by name, as the server has them now. */
  readonly settings: Readonly<Record<string, string | null>>;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * One statement that lifts what cannot be asked for at the start and shows everything that was. Names are qualified: what
 * the search path holds is not known yet.
 *
 * @param asked  Settings of this session, by name, in the server's own words.
 */
export function lookQuery(asked: Readonly<Record<string, string>>): string {
  const shown = Object.keys(asked).map(
    (name) => `${literal(name)}, pg_catalog.current_setting(${literal(name)}, true)`,
  );
  return (
    `SELECT pg_catalog.pg_is_in_recovery() AS follows, ` +
    `CASE WHEN pg_catalog.current_setting('${lifted}', true) IS NOT NULL ` +
    `THEN pg_catalog.set_config('${lifted}', '0', false) END AS lifted, ` +
    `pg_catalog.json_build_object(${shown.join(", ")}) AS settings`
  );
}

/** Everything that a session's look is compared with. `more`: what this session asks for beside what all do. */
export const expectedSettings = (
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  ...forcedSettings,
  [checkInterval[0]]: checkInterval[1],
  [untouchable[0]]: untouchable[1],
  ...more,
});

/**
 * Compares what the server has with what was asked for.
 *
 * @param where  "host:port".
 * @returns      Null when all is as it should be.
 */
export function judgeSettings(
  where: string,
  expected: Readonly<Record<string, string>>,
  { settings }: SessionLook,
): MigrationError | null {
  const different = Object.entries(expected).filter(([name, value]) => settings[name] !== value);
  if (different.length === 0) return null;
  const has = (wanted: (name: string) => boolean): boolean =>
    different.some(([name]) => wanted(name));
  if (has((name) => name === checkInterval[0])) {
    return pooledError(where, "it drops the settings that a session asks for");
  }
  // Nothing stored goes before what a session asks for: it is another session's process that answers.
  if (has((name) => ownOfSession.has(name))) return pooledError(where, sharedProcess);
  const list = different.map(([name, value]) => `${name} = ${settings[name] ?? "?"}, not ${value}`);
  const replica = has((name) => name === untouchable[0]);
  return new SessionSettingError(
    `${where} does not answer under the settings that this program asks for: ${list.join("; ")}.`,
    replica
      ? "Have an administrator take it away: ALTER DATABASE … RESET session_replication_role, the same for the role."
      : "Look at what sets them between here and the server: a pooler, a proxy, or an extension.",
  );
}
