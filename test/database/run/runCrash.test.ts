/**
 * Runs that are cut off: the runner's backend ended, the server crashed. Afterwards a rerun ends in the same catalog as
 * a run that nothing disturbed.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { StatementError } from "../../../migrations/engine/run/statementError";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, arrange, failureOf } from "../../support/program/runs";
import { readCatalog } from "../../support/servers/catalog";
import { makeProgramDatabase, type ProgramDatabase } from "../../support/servers/programDatabase";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Every kind of segment; the second one sleeps for as long as dagapp.pause says. */
const body = `
BEGIN;
CREATE TABLE dagapp.one (id SERIAL PRIMARY KEY, note TEXT);
INSERT INTO dagapp.one (note) VALUES ('a'), ('b');
COMMIT;
BEGIN;
CREATE TABLE dagapp.two (id INTEGER);
SELECT pg_sleep(seconds) FROM dagapp.pause;
CREATE VIEW dagapp.both AS SELECT note FROM dagapp.one JOIN dagapp.two USING (id);
COMMIT;
CREATE INDEX CONCURRENTLY one_note ON dagapp.one (note);
CREATE TABLE geoapi.three (id INTEGER);`;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  let folder: string;
  let server: PostgresServer;
  let port: number | undefined;
  let undisturbed: readonly string[];
  let database: ProgramDatabase;

  const migration = () => makeMigration({ body });
  const start = (): Promise<PostgresServer> =>
    startServer({
      major,
      dataDir: join(folder, "data"),
      password: "crash-test",
      ...(port === undefined ? {} : { port }),
    });
  const make = async (seconds: number): Promise<ProgramDatabase> => {
    const made = await makeProgramDatabase(server);
    await arrange(
      made,
      "CREATE TABLE dagapp.pause (seconds INTEGER)",
      `INSERT INTO dagapp.pause VALUES (${seconds})`,
    );
    return made;
  };
  /** The catalog, with roles called by what they are. */
  const catalogOf = async (one: ProgramDatabase): Promise<readonly string[]> => {
    const client = await one.connect("superuser");
    const lines = await readCatalog(client, one.settings.schemas);
    await client.end();
    const { infrastructure, service } = one.settings.roles;
    return lines.map((line) =>
      line.replaceAll(infrastructure, "infra").replaceAll(service, "service"),
    );
  };
  /** Waits until the runner's session is in a statement like this. */
  const reached = async (observer: Client, statement: string): Promise<void> => {
    for (const deadline = Date.now() + 120_000; Date.now() < deadline;) {
      const { rows } = await observer.query(
        `SELECT FROM pg_stat_activity WHERE usename = $1 AND state = 'active' AND query LIKE $2
            AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')`,
        [database.names.migrator, statement],
      );
      if (rows.length > 0) return;
      await sleep(20);
    }
    throw new Error(`the run never came to ${statement}`);
  };
  const endRunner = (observer: Client): Promise<unknown> =>
    observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename = $1 AND application_name LIKE '%migration 1.0.0'`,
      [database.names.migrator],
    );

  beforeAll(async () => {
    await loadParser();
    folder = await mkdtemp(join(tmpdir(), "crash-test-"));
    await chmod(folder, 0o755);
    server = await start();
    port = server.port;
    const calm = await make(0);
    await apply(calm, migration());
    undisturbed = await catalogOf(calm);
    await calm.close();
  });
  beforeEach(async () => {
    database = await make(30);
  });
  afterEach(() => database.close());
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("a run whose backend is ended in a transaction, and then in CONCURRENTLY, is completed", async () => {
    const observer = await database.connect("superuser");
    const first = failureOf(apply(database, migration()));
    await reached(observer, "SELECT pg_sleep%");
    await endRunner(observer);
    const error = await first;
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toContain("SQLSTATE 57P01");
    expect(error.message).toMatch(/these segments are done and kept: lines \d+\./);

    await observer.query("UPDATE dagapp.pause SET seconds = 0");
    // An open transaction that wrote to the table holds CREATE INDEX CONCURRENTLY up.
    await observer.query("BEGIN");
    await observer.query("LOCK TABLE dagapp.one IN ROW EXCLUSIVE MODE");
    const killer = await database.connect("superuser");
    const second = failureOf(apply(database, migration()));
    await reached(killer, "CREATE INDEX CONCURRENTLY%");
    await endRunner(killer);
    expect(await second).toBeInstanceOf(StatementError);
    await observer.query("ROLLBACK");
    expect(
      await database.rows(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'dagapp.one_note'::regclass",
      ),
    ).toEqual([{ indisvalid: false }]);

    const { log } = await apply(database, migration());
    expect(log).toContain("resuming: 2 segment(s) were done before");
    expect(await catalogOf(database)).toEqual(undisturbed);
  });

  it("a run in the middle of which the server crashes is completed when it is back", async () => {
    const observer = await database.connect("superuser");
    const run = failureOf(apply(database, migration()));
    await reached(observer, "SELECT pg_sleep%");
    await server.stop("immediate");
    const error = await run;
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toMatch(/these segments are done and kept: lines \d+\./);

    server = await start();
    const again = await database.connect("superuser");
    await again.query("UPDATE dagapp.pause SET seconds = 0");
    const { log } = await apply(database, migration());
    expect(log).toContain("resuming: 1 segment(s) were done before");
    expect(await catalogOf(database)).toEqual(undisturbed);
  });

  it("a run that cannot reach the server says so and may be tried again", async () => {
    await arrange(database, "UPDATE dagapp.pause SET seconds = 0");
    await server.stop();
    const error = await failureOf(apply(database, migration()));
    expect(error.message).toContain(`No server listens on 127.0.0.1:${server.port}.`);
    server = await start();
    await apply(database, migration());
    expect(await catalogOf(database)).toEqual(undisturbed);
  });
});
