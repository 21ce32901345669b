/**
 * The other migration tools, each driven as its documentation shows, with its defaults. They are installed on demand
 * from bench/peers (see install.ts) and are no dependency of this program.
 * Does NOT measure, and sets no option that the documentation's first example does not have.
 */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import type { Client, Pool } from "pg";

import type { Form } from "./folders";
import type { Task } from "./task";

/** A tool whose modules are loaded. */
export interface Peer {
  /** @returns a number: how many milliseconds its work took, where it has measured that itself, without its start. */
  migrate(task: Task): Promise<unknown>;
}

/** Where the tools' package.json and lock file are. */
export const peersFolder = join(__dirname, "..", "peers");

/** The tables in `public` that they keep their records in. */
export const peerTables = [
  "pgmigrations",
  "schemaversion",
  "dbmate_migrations",
  "umzug_migrations",
  "kysely_migration",
  "kysely_migration_lock",
  "flyway_schema_history",
  "databasechangelog",
  "databasechangeloglock",
] as const;

const fromPeers = createRequire(join(peersFolder, "package.json"));

/** A module of the tools' own node_modules, CommonJS. */
export const requirePeer = (name: string): unknown => fromPeers(name);

/** The same, where the package is only to be had as a module. */
const importPeer = (name: string): Promise<unknown> =>
  import(pathToFileURL(fromPeers.resolve(name)).href);

const urlOf = ({ login: { host, port, user, password, database } }: Task): string =>
  `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}?sslmode=disable`;

async function withPeerClient<T>(task: Task, work: (client: Client) => Promise<T>): Promise<T> {
  const driver = requirePeer("pg") as { Client: typeof Client };
  const client = new driver.Client({ connectionString: urlOf(task) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What Maven brings, and what javac makes of Peer.java. */
export const jvmFolder = join(peersFolder, "jvm");

const jvmPeer =
  (tool: "flyway" | "liquibase"): (() => Promise<Peer>) =>
  () =>
    Promise.resolve({
      migrate: async ({ folder, login }) => {
        const { host, port, database, user, password } = login;
        const built = join(jvmFolder, "node_modules");
        const classes = `${join(built, "classes")}:${join(built, "lib", "*")}`;
        const environment = {
          PEER_URL: `jdbc:postgresql://${host}:${port}/${database}`,
          ...{ PEER_USER: user, PEER_PASSWORD: password },
        };
        const { stdout } = await promisify(execFile)(
          ...(["java", ["-cp", classes, "Peer", tool, folder]] as const),
          { env: { ...process.env, ...environment }, maxBuffer: 2 ** 26 },
        );
        return Number(/^took ([\d.]+)$/m.exec(stdout)?.[1]);
      },
    });

const loaders: Readonly<Record<Exclude<Form, "this program">, () => Promise<Peer>>> = {
  "node-pg-migrate": async () => {
    const { runner } = (await importPeer("node-pg-migrate")) as {
      runner: (options: object) => Promise<unknown>;
    };
    const fixed = { direction: "up", migrationsTable: "pgmigrations", count: Infinity };
    const quiet = { log: () => undefined, verbose: false };
    return {
      migrate: async (task) => {
        await runner({ databaseUrl: urlOf(task), dir: task.folder, ...fixed, ...quiet });
      },
    };
  },

  "graphile-migrate": () => {
    const { migrate } = requirePeer("graphile-migrate") as {
      migrate: (settings: object) => Promise<unknown>;
    };
    return Promise.resolve({
      migrate: async (task) => {
        await migrate({ connectionString: urlOf(task), migrationsFolder: task.folder });
      },
    });
  },

  postgrator: async () => {
    const { default: Postgrator } = (await importPeer("postgrator")) as {
      default: new (options: object) => { migrate(): Promise<unknown> };
    };
    return {
      migrate: (task) =>
        withPeerClient(task, async (client) => {
          const fixed = { driver: "pg", schemaTable: "schemaversion" };
          const { database } = task.login;
          const migrationPattern = `${task.folder}/*`;
          const execQuery = (query: string): Promise<unknown> => client.query(query);
          await new Postgrator({ migrationPattern, database, execQuery, ...fixed }).migrate();
        }),
    };
  },

  dbmate: () => {
    const { resolveBinary } = requirePeer("dbmate") as { resolveBinary: () => string };
    const run = promisify(execFile);
    return Promise.resolve({
      migrate: async (task) => {
        // Its own default is the name of this program's ledger.
        const table = ["--migrations-table", "dbmate_migrations"];
        const options = ["--migrations-dir", task.folder, "--no-dump-schema", ...table];
        await run(resolveBinary(), ["--url", urlOf(task), ...options, "up"]).catch(
          (error: unknown) => {
            throw new Error(String((error as { stderr?: unknown }).stderr).trim());
          },
        );
      },
    });
  },

  flyway: jvmPeer("flyway"),
  liquibase: jvmPeer("liquibase"),

  umzug: () => {
    const { Umzug } = requirePeer("umzug") as {
      Umzug: new (options: object) => { up(): Promise<unknown> };
    };
    return Promise.resolve({
      migrate: (task) => withPeerClient(task, (client) => runUmzug(Umzug, client, task)),
    });
  },

  kysely: () => {
    const library = requirePeer("kysely") as Kysely;
    return Promise.resolve({ migrate: (task) => runKysely(library, task) });
  },
};

/** Loads a tool. @throws {Error} it is not installed. */
export const loadPeer = (form: Exclude<Form, "this program">): Promise<Peer> => loaders[form]();

/** Source: umzug, README, "Custom storage" and "Resolvers". */
async function runUmzug(
  Umzug: new (options: object) => { up(): Promise<unknown> },
  client: Client,
  { folder }: Task,
): Promise<void> {
  await client.query("CREATE TABLE IF NOT EXISTS umzug_migrations (name TEXT PRIMARY KEY)");
  const storage = {
    logMigration: ({ name }: { name: string }) =>
      client.query("INSERT INTO umzug_migrations VALUES ($1)", [name]),
    unlogMigration: () => Promise.resolve(),
    executed: async () =>
      (await client.query<{ name: string }>("SELECT name FROM umzug_migrations")).rows.map(
        ({ name }) => name,
      ),
  };
  const resolve = ({ name, path }: { name: string; path: string }) => ({
    name,
    up: async () => client.query(await readFile(path, "utf8")),
  });
  const migrations = { glob: ["*.sql", { cwd: folder }], resolve };
  await new Umzug({ migrations, storage, logger: undefined }).up();
}

interface Kysely {
  readonly Kysely: new (options: object) => { destroy(): Promise<void> };
  readonly PostgresDialect: new (options: object) => object;
  readonly Migrator: new (options: object) => {
    migrateToLatest(): Promise<{ readonly error?: unknown }>;
  };
  readonly sql: { raw(text: string): { execute(database: unknown): Promise<unknown> } };
}

/** Source: kysely, "Migrations"; its own provider of files wants modules, which would measure their compilation. */
async function runKysely(library: Kysely, task: Task): Promise<void> {
  const driver = requirePeer("pg") as { Pool: typeof Pool };
  const pool = new driver.Pool({ connectionString: urlOf(task) });
  const db = new library.Kysely({ dialect: new library.PostgresDialect({ pool }) });
  const getMigrations = async (): Promise<object> => {
    const names = (await readdir(task.folder)).sort();
    const entries = names.map(async (name) => {
      const text = await readFile(join(task.folder, name), "utf8");
      return [name, { up: (database: unknown) => library.sql.raw(text).execute(database) }];
    });
    return Object.fromEntries((await Promise.all(entries)) as [string, object][]);
  };
  const disableTransactions = !task.transactional;
  const migrator = new library.Migrator({ db, provider: { getMigrations }, disableTransactions });
  const { error } = await migrator.migrateToLatest();
  await db.destroy();
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error("kysely failed without an error");
}
