/**
 * Lends a scratch database on the governed server: the same schemas, extensions, ledger and privileges, and no object. Only
 * admin and migrators may connect to it, from its first moment on.
 * Does NOT run migrations. Never touches a database that it has not made itself.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, escapeIdentifier } from "pg";

import { healPrivileges } from "../../../roles/database/heal";
import { inspectPrivileges } from "../../../roles/database/inspection";
import type { Deviation } from "../../../roles/model";
import { type Access, errorCode, inTransaction, withClient } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import type { Log } from "../../../stack/log";
import type { RoleSettings, Settings } from "../../../stack/settings";
import { alwaysOpen } from "../../../stack/window";
import { createTables } from "../ledger/ledger";
import { createSchemas } from "../server/schemas";
import { allowListRemedy } from "../survey/azureExtensions";

/** The scratch database could not be made. Nothing was changed in the governed one. */
export class ScratchError extends MigrationError {
  readonly code = "SCRATCH_DATABASE";
}

/** An extension could not be made in it: nothing but a person's act on server or configuration will change that. */
export class ScratchExtensionError extends ScratchError {}

/** `ddl_proof_`, second of making, random digits that nobody guesses: nobody else calls a database so. */
const scratchName = (): string =>
  `ddl_proof_${Math.floor(Date.now() / 1000)}_${randomBytes(12).toString("hex")}`;
/** Earlier releases took eight digits. */
const scratchForm = /^ddl_proof_(\d{10})_(?:[0-9a-f]{8}|[0-9a-f]{24})$/;

/** Younger ones may belong to a run that has not connected to its database yet. Seconds. */
const leftoverAfter = 300;

/** SQLSTATE: somebody is connected. */
const objectInUse = "55006";
/** How often, and how far apart, a database is tried to be dropped; the server itself waits five seconds each time. */
const mostDrops = 3;
const betweenDropsMs = 500;

/**
 * Makes a scratch database, runs `work` in it, and drops it, whatever happens. What a killed run left behind is dropped
 * on the way in.
 *
 * @throws {ScratchError} the admin may not make a database or an extension in it.
 */
export async function withScratchDatabase<T>(
  access: Access,
  log: Log,
  work: (scratch: Access) => Promise<T>,
): Promise<T> {
  const admin = { account: "admin", activity: "scratch database" } as const;
  return withClient(access, admin, async (client) => {
    await dropLeftovers(client, log);
    const name = scratchName();
    await create(client, name, access.settings.proofTemplate);
    try {
      await openToMigrators(client, name, access);
      const scratch = withDatabase(access, name);
      const spared = await deviationsOf(client, access);
      // Open until the end: a database that somebody is connected to is no leftover.
      return await withClient(scratch, admin, async (inside) => {
        await furnish(inside, scratch, spared);
        return work(scratch);
      });
    } finally {
      // The caller's error is the one that tells something.
      await dropScratch(client, name).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        log(`the scratch database ${name} is still there (${reason}); the next proof drops it`);
      });
    }
  });
}

/**
 * The same logins on another database of the server. Passwords are those of the governed one. What fails there stays
 * as it is: a proof shows the failure itself. Nobody works there, so it is always a good time.
 */
function withDatabase({ settings, passwordOf }: Access, database: string): Access {
  const server = { ...settings.server, database };
  const run = { ...settings.run, onFailure: "stop", windows: [alwaysOpen] } as const;
  return { settings: { ...settings, server, run }, passwordOf, isScratch: true };
}

/**
 * From template0, so that nothing of template1 gets in, or from the database that the administrator names; either way
 * with the governed database's own encoding and collation, which a copy must have already. Closed to everybody at first:
 * a new database lets all of PUBLIC connect, and no statement could take that away soon enough.
 */
async function create(client: Client, name: string, template: string | null): Promise<void> {
  const { rows } = await client.query<{ like: string }>(
    `SELECT format('ENCODING %L LOCALE_PROVIDER %s LC_COLLATE %L LC_CTYPE %L',
              pg_encoding_to_char(encoding),
              CASE datlocprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END, datcollate, datctype)
            || CASE datlocprovider WHEN 'i' THEN format(' ICU_LOCALE %L', locale)
                                   WHEN 'b' THEN format(' BUILTIN_LOCALE %L', locale) ELSE '' END
            || coalesce(' ICU_RULES ' || quote_literal(rules), '') AS like
       FROM pg_database AS d
       -- The columns' names differ between the versions of the server.
       CROSS JOIN LATERAL (SELECT coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
                                  to_jsonb(d) ->> 'daticurules' AS rules) AS names
      WHERE d.datname = current_database()`,
  );
  try {
    await client.query(
      `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template ?? "template0")} ALLOW_CONNECTIONS false ${rows[0]?.like ?? ""}`,
    );
  } catch (error) {
    throw new ScratchError(
      `A scratch database cannot be made: ${error instanceof Error ? error.message : String(error)}.`,
      template === null
        ? "The admin login needs CREATEDB and the server room for one more small database."
        : `proofTemplate names ${template}: ${templateHint(template)}`,
      { cause: error },
    );
  }
}

/**
 * Lets the migrators in, and nobody else but its owner: neither the service role nor a reader may lend a hand or be in the
 * way while rows are compared. It is opened only when that is so.
 */
async function openToMigrators(client: Client, name: string, { settings }: Access): Promise<void> {
  const database = escapeIdentifier(name);
  const { migrator, migrators } = settings.roles;
  const logins = new Set([...migrators, ...(migrator === null ? [] : [migrator])]);
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  for (const login of logins) {
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${escapeIdentifier(login)}`);
  }
  await client.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
}

/**
 * Whether a deviation is about who else may do something with the database: those who run migrations get what the rules
 * give them in the governed one, and nobody else gets anything.
 */
const isOthers = (
  { admits }: Pick<Deviation, "admits">,
  { infrastructure, migrators }: RoleSettings,
): boolean => admits !== undefined && ![infrastructure, ...migrators].includes(admits);

/**
 * What deviates in the governed database of roles themselves. They are shared by all databases: mending them is not for a
 * proof to do. What is on an object there says nothing of this one: where no privilege was ever mended, the files could
 * not be run in it.
 */
async function deviationsOf(client: Client, { settings }: Access): Promise<ReadonlySet<string>> {
  const { deviations } = await inspectPrivileges(client, settings);
  return new Set(deviations.filter(isOfRoles).map(({ text }) => text));
}

/** GRANT and REVOKE on something name it behind ON; who owns what is said with ALTER and the kind of object. */
const isOfRoles = ({ statements }: Deviation): boolean =>
  statements.length === 0 ||
  statements.some((sql) => /^(ALTER ROLE|COMMENT ON ROLE|SECURITY LABEL)\b/.test(sql)) ||
  statements.some((sql) => /^(GRANT|REVOKE)\b/.test(sql) && !/ ON /.test(sql));

/** Makes what the first migration finds. */
async function furnish(
  client: Client,
  { settings }: Access,
  spared: ReadonlySet<string>,
): Promise<void> {
  const { roles, schemas, extensions, tier } = settings;
  await createSchemas(client, schemas, roles.infrastructure);
  for (const extension of extensions) await createExtension(client, extension, settings);
  await inTransaction(client, () => createTables(client, roles, tier));
  const isSpared = (one: Deviation): boolean => isOthers(one, roles) || spared.has(one.text);
  await healPrivileges(client, settings, { isSpared });
}

/** What makes a database fit to be copied by the admin: nobody connected, and free to all who may make databases. */
const templateHint = (name: string): string =>
  "it must exist, with the governed database's encoding and collation; nobody may be connected to it; and an " +
  `administrator must have run ALTER DATABASE ${escapeIdentifier(name)} IS_TEMPLATE true ALLOW_CONNECTIONS false.`;

/** A template may have it already, and then it does not matter who may create it. */
async function createExtension(
  client: Client,
  extension: string,
  settings: Settings,
): Promise<void> {
  const name = escapeIdentifier(extension);
  try {
    await client.query(`CREATE EXTENSION IF NOT EXISTS ${name} SCHEMA public`);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ScratchExtensionError(
      `The extension ${extension} cannot be made in a scratch database: ${text}.`,
      allowListRemedy(text, settings) ??
        `have an administrator add "trusted = true" to ${extension}.control; or have one make a database with it, to be copied: ` +
          `CREATE DATABASE ddl_template TEMPLATE template0 (with the encoding and collation of the governed one), in it ` +
          `CREATE EXTENSION ${name} SCHEMA public, then ALTER DATABASE ddl_template IS_TEMPLATE true ALLOW_CONNECTIONS false; ` +
          "and set proofTemplate: ddl_template.",
      { cause: error },
    );
  }
}

async function dropScratch(client: Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)}`);
      return;
    } catch (error) {
      // Sessions of ours end a moment after they were closed.
      if (errorCode(error) !== objectInUse || attempt === mostDrops) throw error;
      await sleep(betweenDropsMs);
    }
  }
}

/**
 * Drops what earlier runs left: by name, of this admin, old enough, and nobody connected. One that cannot be dropped now
 * (another run is just dropping it, or connects) is left to the next run: it must not keep this one from its work.
 */
async function dropLeftovers(client: Client, log: Log): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT d.datname AS name FROM pg_database AS d
      WHERE d.datdba = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user) AND d.datname ^@ 'ddl_proof_'
        AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.datid = d.oid)`,
  );
  const oldest = Date.now() / 1000 - leftoverAfter;
  for (const { name } of rows) {
    const made = scratchForm.exec(name)?.[1];
    if (made === undefined || Number(made) > oldest) continue;
    try {
      await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)}`);
      log(`dropped the scratch database ${name} that an earlier proof left`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(`the scratch database ${name} that an earlier proof left is still there: ${reason}`);
    }
  }
}
